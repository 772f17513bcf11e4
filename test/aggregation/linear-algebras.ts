/** Every implementation of the linear algebra contract that the suite runs over. */
import type { LinearAlgebra, Matrix } from '../../src/linalg/linear-algebra.ts';
import { createPlainLinearAlgebra } from '../../src/linalg/plain-linear-algebra.ts';
import { createWasmLinearAlgebra } from '../../src/linalg/wasm-linear-algebra.ts';

export interface Candidate {
  readonly name: string;
  readonly create: () => LinearAlgebra;
  /** Of a rule's result, relative to its naive float64 value. */
  readonly tolerance: number;
  /** The same for the iterated Flag aggregator, whose subspace may hang on a small gap between eigenvalues. */
  readonly subspaceTolerance: number;
}

export const LINEAR_ALGEBRAS: readonly Candidate[] = [
  {
    name: 'a float64 Gram matrix',
    create: createExactLinearAlgebra,
    tolerance: 5e-7,
    subspaceTolerance: 5e-7,
  },
  { name: 'plain typed arrays', create: createPlainLinearAlgebra, tolerance: 1e-5, subspaceTolerance: 1e-4 },
  {
    name: 'WebAssembly',
    create: () => createWasmLinearAlgebra({ threads: 1, maximumBytes: 64 * 2 ** 20 }),
    tolerance: 1e-5,
    subspaceTolerance: 1e-4,
  },
];

/** Shows what is due to a rule's arithmetic alone, apart from products in float32. */
function createExactLinearAlgebra(): LinearAlgebra {
  return { ...createPlainLinearAlgebra(), gram: exactGram };
}

function exactGram(x: Matrix, reference?: Float32Array): Float64Array {
  const gram = new Float64Array(x.n * x.n);
  for (let i = 0; i < x.n; i++) {
    for (let j = 0; j < x.n; j++) {
      const [a, b] = [x.row(i), x.row(j)];
      let sum = 0;
      for (let c = 0; c < x.d; c++) {
        const r = reference?.[c] ?? 0;
        sum += ((a[c] as number) - r) * ((b[c] as number) - r);
      }
      gram[i * x.n + j] = sum;
    }
  }
  return gram;
}
