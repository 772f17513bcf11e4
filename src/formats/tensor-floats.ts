/** Floats of a stored tensor as float32: narrower ones are widened, float64 is rounded. */
import { bytesOf } from '../foundation/bytes.ts';
import type { BinarySource } from './binary-file.ts';
import { widenBfloat16, widenFloat16 } from './half-floats.ts';
import type { Dtype } from './safetensors.ts';

export type FloatDtype = 'F64' | 'F32' | 'F16' | 'BF16';

/** The floats that have 32 bits or a form in them; those of 8 bits mean nothing without scales that lie elsewhere. */
export function isFloat(dtype: Dtype): dtype is FloatDtype {
  return dtype === 'F64' || dtype === 'F32' || dtype === 'F16' || dtype === 'BF16';
}

const CHUNK_VALUES = 65_536;

/** Fills `into` with the values from number `first` of a tensor whose bytes begin at `offset`; returns the bytes read. */
export function readFloats(
  source: BinarySource,
  { dtype, offset }: { readonly dtype: FloatDtype; readonly offset: number },
  first: number,
  into: Float32Array,
): number {
  if (dtype === 'F32') {
    source.read(offset + 4 * first, bytesOf(into));
    return into.byteLength;
  }
  const wide = dtype === 'F64';
  const bytes = wide ? 8 : 2;
  const length = Math.min(CHUNK_VALUES, into.length);
  const chunk = wide ? new Float64Array(length) : new Uint16Array(length);
  for (let start = 0; start < into.length; start += length) {
    const part = chunk.subarray(0, Math.min(length, into.length - start));
    source.read(offset + bytes * (first + start), bytesOf(part));
    const target = into.subarray(start, start + part.length);
    if (part instanceof Float64Array) target.set(part);
    else if (dtype === 'F16') widenFloat16(part, target);
    else widenBfloat16(part, target);
  }
  return bytes * into.length;
}
