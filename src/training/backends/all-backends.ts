/** Every back end, in the order in which `auto` tries them. A new one is a file of its own and an entry here. */
import { present } from '../../foundation/assert.ts';
import { defineBackend, type BackendDefinition } from './define-backend.ts';

export const ALL_BACKENDS = [
  defineBackend({
    name: 'tfjs-node-gpu',
    about: 'TensorFlow on CUDA (`@tensorflow/tfjs-node-gpu`, optional)',
    registryName: 'tensorflow',
    computesOn: 'device',
    start: async () => (await import('./native-backend.ts')).startNative('tfjs-node-gpu'),
  }),
  defineBackend({
    name: 'webgpu',
    about: 'Dawn on Vulkan, Metal or Direct3D',
    registryName: 'webgpu',
    computesOn: 'device',
    start: async (options) => (await import('./webgpu-backend.ts')).startWebGpu(options),
  }),
  defineBackend({
    name: 'tfjs-node',
    about: 'TensorFlow on the CPU (`@tensorflow/tfjs-node`, optional)',
    registryName: 'tensorflow',
    computesOn: 'device',
    start: async () => (await import('./native-backend.ts')).startNative('tfjs-node'),
  }),
  defineBackend({
    name: 'wasm',
    about: 'WebAssembly SIMD, one thread a worker; the default without a GPU',
    registryName: 'wasm',
    computesOn: 'thread',
    start: async () => (await import('./wasm-backend.ts')).startWasm(),
  }),
  defineBackend({
    name: 'cpu',
    about: 'plain JavaScript, the reference',
    registryName: 'cpu',
    computesOn: 'thread',
    start: async () => (await import('./cpu-backend.ts')).startCpu(),
  }),
] as const;

export type BackendName = (typeof ALL_BACKENDS)[number]['name'];

export const BACKEND_NAMES: readonly BackendName[] = ALL_BACKENDS.map(({ name }) => name);

export function backendOf(name: BackendName): BackendDefinition<BackendName> {
  return present(
    ALL_BACKENDS.find((definition) => definition.name === name),
    name,
  );
}
