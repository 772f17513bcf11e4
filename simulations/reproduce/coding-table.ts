/** Bits a coordinate of each format, beside the entropy of what it codes: on one vector of independent normals. */
import { levelsEntropyBits } from '../../src/compression/levels-code.ts';
import { subsetEntropyBits } from '../../src/compression/index-set.ts';
import type { CompressorSpec } from '../../src/compression/all-compressors.ts';
import { parseCompressor } from '../../src/compression/compressor-spec.ts';
import { createCompressor } from '../../src/compression/create-compressor.ts';
import type { Compressor } from '../../src/compression/compressor.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';
import type { Table } from './reproduction.ts';

const D = 100_000;
const CONTEXT = { round: 0, seed: new Uint8Array(32), worker: '' };

export function codingTable(formats: readonly (readonly [string, unknown])[]): Table {
  const random = new SeededRandom('coding');
  const vector = Float32Array.from({ length: D }, () => random.nextNormal());
  return {
    title: 'Bits a coordinate',
    columns: ['format', 'bits', 'entropy'],
    rows: formats.map(([name, value]) => {
      const spec = parseCompressor(value, 'compressor');
      const compressor = createCompressor(spec, D);
      const bits = (8 * compressor.encode(vector, CONTEXT).length) / D;
      const entropy = entropyBits(spec, compressor, vector);
      return [name, bits.toFixed(3), entropy === undefined ? '' : entropy.toFixed(3)];
    }),
    note: `A vector of ${D} independent normals. Entropy: of the chosen index set, or zero-order of the levels, plus the values and scales as they travel; empty where nothing is entropy coded.`,
  };
}

function entropyBits(spec: CompressorSpec, compressor: Compressor, vector: Float32Array): number | undefined {
  switch (spec.kind) {
    case 'top-k': {
      const count = Math.round(spec.keep * D);
      const values = createCompressor(spec.values, count);
      return (subsetEntropyBits(D, count) + 8 * values.maxBytes) / D;
    }
    case 'dct-top-k': {
      const chunks = Math.ceil(D / spec.chunk);
      const values = createCompressor(spec.values, chunks * spec.keep);
      return (chunks * subsetEntropyBits(spec.chunk, spec.keep) + 8 * values.maxBytes) / D;
    }
    case 'qsgd': {
      const out = new Float32Array(D);
      compressor.decode(compressor.encode(vector, CONTEXT), CONTEXT, out);
      const blocks = Math.ceil(D / spec.block);
      return levelsEntropyBits(levelsOf(out, spec.block, spec.levels, vector)) + (32 * blocks) / D;
    }
    default:
      return undefined;
  }
}

/** The levels again, from decoded values norm l / s. */
function levelsOf(decoded: Float32Array, block: number, s: number, vector: Float32Array): Int16Array {
  return Int16Array.from(decoded, (value, i) => {
    const from = i - (i % block);
    const norm = Math.sqrt(
      vector.subarray(from, Math.min(D, from + block)).reduce((sum, x) => sum + x * x, 0),
    );
    return norm === 0 ? 0 : Math.round((value * s) / norm);
  });
}
