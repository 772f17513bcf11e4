/**
 * Error feedback: what a worker's compressor dropped is added to what it sends next.
 * EF14 (Seide et al. 2014; Karimireddy et al., ICML 2019): p = decay e + v, send C(p), e = p - C(p). Decay 1 is EF14;
 * below 1 it is DeMo's local momentum (arXiv 2411.19870): m = decay m + g, send C(m), m = m - C(m).
 * EF21 (Richtarik, Sokolov, Fatkhullin, NeurIPS 2021): send C(v - h), h = h + C(v - h), and the receiver keeps the same
 * h for every worker. That costs n d numbers which all peers would have to share and could not follow from the updates
 * alone, so it serves fixed servers and simulations; experiments of peers refuse it (`forbidden.ts`).
 */
import { sharedFloats } from '../foundation/shared-memory.ts';
import type { CompressionContext, Compressor, DecodeFault, Memory } from './compressor.ts';
import type { VectorKernels } from '../linalg/linear-algebra.ts';
import { float32Row, type SparseRow } from '../linalg/packed-row.ts';
import type { FeedbackSpec } from './compressor-spec.ts';
import type { VectorReader } from './vector-reader.ts';

const ERROR = 'feedback.error';
const ESTIMATE = 'feedback.estimate';

/** The bytes to send for a vector; reads and writes the worker's memory. The vector is only read. */
export function encodeWithFeedback(
  compressor: Compressor,
  feedback: FeedbackSpec,
  vector: Float32Array,
  context: CompressionContext & { readonly memory: Memory },
  kernels?: VectorKernels,
): Uint8Array {
  if (feedback.kind === 'none') return compressor.encode(vector, context);
  if (feedback.kind === 'ef14') return encodeOwing(compressor, feedback.decay, vector, context, kernels);
  const { d } = compressor;
  const { memory } = context;
  const wanted = kernels?.spare.take(d) ?? sharedFloats(d);
  const estimate = memoryVector(memory, ESTIMATE, d);
  for (let i = 0; i < d; i++) wanted[i] = (vector[i] as number) - (estimate[i] as number);
  const bytes = compressor.encode(wanted, context);
  eachBlock(decoded(compressor, bytes, context), d, (at, sent) => {
    for (let i = 0; i < sent.length; i++) {
      estimate[at + i] = (estimate[at + i] as number) + (sent[i] as number);
    }
  });
  kernels?.spare.give(wanted);
  return bytes;
}

/** EF14, in the memory of the errors: it takes up what is wanted, and keeps what of that was not sent. */
function encodeOwing(
  compressor: Compressor,
  decay: number,
  vector: Float32Array,
  context: CompressionContext & { readonly memory: Memory },
  kernels: VectorKernels | undefined,
): Uint8Array {
  const { d } = compressor;
  const { memory } = context;
  const owed = memoryVector(memory, ERROR, d, kernels);
  // should it not become bytes (it is not finite), the worker begins with no errors again
  memory.delete(ERROR);
  if (kernels?.combine(decay, float32Row(owed), 1, float32Row(vector), owed) !== true) {
    for (let i = 0; i < d; i++) owed[i] = decay * (owed[i] as number) + (vector[i] as number);
  }
  const bytes = compressor.encode(owed, context);
  const sent = decoded(compressor, bytes, context);
  const { packed } = sent;
  // all but what was sent of a sparse one is kept back as it is
  if (packed?.kind === 'sparse') subtractEntries(owed, packed);
  else if (!(packed && kernels?.combine(1, float32Row(owed), -1, packed, owed) === true)) {
    eachBlock(sent, d, (at, values) => {
      for (let i = 0; i < values.length; i++) owed[at + i] = (owed[at + i] as number) - (values[i] as number);
    });
  }
  sent.release?.();
  memory.set(ERROR, owed);
  return bytes;
}

/** The receiver's half of EF21: an estimate of every worker's vector, moved by what arrives. */
export class Ef21Receiver {
  private readonly compressor: Compressor;
  private readonly estimates: Map<string, Float32Array>;

  /** `estimates`: a state saved before, by worker. */
  constructor(compressor: Compressor, estimates: ReadonlyMap<string, Float32Array> = new Map()) {
    this.compressor = compressor;
    this.estimates = new Map([...estimates].map(([worker, h]) => [worker, h.slice()]));
  }

  /** Moves the sender's estimate by the bytes and copies it into `out`; a fault changes nothing. */
  decode(bytes: Uint8Array, context: CompressionContext, out: Float32Array): DecodeFault | undefined {
    const fault = this.compressor.decode(bytes, context, out);
    if (fault !== undefined) return fault;
    const old = this.estimates.get(context.worker);
    if (old !== undefined)
      for (let i = 0; i < out.length; i++) out[i] = (old[i] as number) + (out[i] as number);
    if (!out.every(Number.isFinite)) return 'not-finite';
    this.estimates.set(context.worker, out.slice());
    return undefined;
  }

  /** The state to save. */
  snapshot(): ReadonlyMap<string, Float32Array> {
    return new Map(this.estimates);
  }
}

function subtractEntries(vector: Float32Array, { indices, values }: SparseRow): void {
  for (let k = 0; k < indices.length; k++) {
    const i = indices[k] as number;
    vector[i] = (vector[i] as number) - (values[k] as number);
  }
}

function memoryVector(memory: Memory, name: string, d: number, kernels?: VectorKernels): Float32Array {
  const known = memory.get(name);
  if (known instanceof Float32Array && known.length === d) return known;
  const fresh = kernels?.spare.take(d).fill(0) ?? sharedFloats(d);
  memory.set(name, fresh);
  return fresh;
}

const BLOCK_COLUMNS = 32_768;

/** What the receivers will read. */
function decoded(compressor: Compressor, bytes: Uint8Array, context: CompressionContext): VectorReader {
  const reader = compressor.open(bytes, context);
  if (typeof reader === 'string') {
    throw new Error(`internal error: ${compressor.name} does not decode what it encodes: ${reader}`);
  }
  return reader;
}

/** Block by block: no decoded copy of the whole is held. */
function eachBlock(reader: VectorReader, d: number, take: (at: number, values: Float32Array) => void): void {
  const block = new Float32Array(Math.min(BLOCK_COLUMNS, d));
  for (let at = 0; at < d; at += block.length) {
    const end = Math.min(d, at + block.length);
    reader.read(at, end, block);
    take(at, block.subarray(0, end - at));
  }
}
