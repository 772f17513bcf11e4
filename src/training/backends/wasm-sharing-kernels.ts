/**
 * The copy of a tensor, which nothing ever writes to, as another name of the same memory. TF.js clones each tensor that a
 * gradient will need, and its own wasm kernel copies them: at a hundred million parameters 400 MB for each.
 */
import { present } from '../../foundation/assert.ts';
import type { WasmKernels } from './wasm-kernel.ts';

export const sharingKernels: WasmKernels = {
  Identity: (module, { x }) => module.again(present(x, 'the tensor to clone')),
};
