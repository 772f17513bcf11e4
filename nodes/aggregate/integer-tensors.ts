/** What becomes of tensors that are no floats (a counter of batches): `copy` takes those of the first file. */
export const INTEGER_TENSORS = ['refuse', 'copy', 'skip'] as const;

export type IntegerTensors = (typeof INTEGER_TENSORS)[number];
