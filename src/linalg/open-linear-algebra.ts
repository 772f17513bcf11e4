/** Picks the implementation: WebAssembly where it has SIMD and shared memory, plain typed arrays elsewhere. */
import type { LinearAlgebra } from './linear-algebra.ts';
import { createPlainLinearAlgebra } from './plain-linear-algebra.ts';
import { createWasmLinearAlgebra, type WasmOptions } from './wasm-linear-algebra.ts';

/** (module (func (result v128) i32.const 0 i8x16.splat)) and a shared memory: what the kernels need of the engine. */
const PROBE = Uint8Array.of(
  ...[0x00, 0x61, 0x73, 0x6d, 0x01, 0x00, 0x00, 0x00],
  ...[0x01, 0x05, 0x01, 0x60, 0x00, 0x01, 0x7b],
  ...[0x03, 0x02, 0x01, 0x00],
  ...[0x05, 0x04, 0x01, 0x03, 0x01, 0x01],
  ...[0x0a, 0x08, 0x01, 0x06, 0x00, 0x41, 0x00, 0xfd, 0x0f, 0x0b],
);

/** Both implementations give the same bytes; close() the result. */
export function openLinearAlgebra(options: WasmOptions): LinearAlgebra {
  return WebAssembly.validate(PROBE) ? createWasmLinearAlgebra(options) : createPlainLinearAlgebra();
}
