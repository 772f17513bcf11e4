/** AssemblyScript. What kernels.wasm exports; every address is in the imported, shared memory. */
export { bfloat16Halves, int8Levels, int8Scales } from './encode';
export { readGaps, writeGaps } from './gaps';
export { gramScratchBytes, gramSegment } from './gram';
export { countMagnitudes, takeMagnitudes } from './largest';
export { mixRows } from './mix';
export { selectColumns, selectScratchBytes } from './select';
export { sparseGramScratchBytes, sparseGramSegment, sparseNormsSegment, sparseSumSegment } from './sparse';
export { findNonFinite, innerProducts, squaredDistances, weightedSum, weightedSumScratchBytes } from './sums';
export { adamwRows, combineRows, momentRows, stepRows } from './vectors';
export { scaleRow, unpackBfloat16, unpackInt8 } from './unpack';
