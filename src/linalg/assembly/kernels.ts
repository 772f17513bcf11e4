/** AssemblyScript. What kernels.wasm exports; every address is in the imported, shared memory. */
export { gramScratchBytes, gramSegment } from './gram';
export { selectColumns, selectScratchBytes } from './select';
export { findNonFinite, squaredDistances, weightedSum, weightedSumScratchBytes } from './sums';
