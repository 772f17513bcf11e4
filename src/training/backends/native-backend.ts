/**
 * Native TensorFlow through the optional packages @tensorflow/tfjs-node and tfjs-node-gpu. Loading them is always a
 * try: the package may be absent, its library may not have been downloaded, or it may not suit this Node.
 */
import { createRequire } from 'node:module';
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailable, type StartedBackend } from './define-backend.ts';
import { readEach } from './cpu-backend.ts';

interface NodeBackend {
  readonly isUsingGpuDevice?: boolean;
  readonly binding?: { readonly TF_Version?: string };
}

export async function startNative(name: 'tfjs-node' | 'tfjs-node-gpu'): Promise<StartedBackend> {
  process.env.TF_CPP_MIN_LOG_LEVEL ??= '2'; // its banner would land on stderr at every start
  restoreOldUtilities();
  const require = createRequire(import.meta.url);
  const packageName = `@tensorflow/${name}`;
  try {
    require(packageName);
  } catch (error) {
    throw new BackendUnavailable(explain(packageName, error as NodeJS.ErrnoException), { cause: error });
  }
  if (tf.findBackend('tensorflow') === null) {
    throw new BackendUnavailable(`${packageName} brought its own copy of @tensorflow/tfjs-core`);
  }
  if (!(await tf.setBackend('tensorflow'))) throw new BackendUnavailable('TensorFlow did not start');
  const native = tf.backend() as unknown as NodeBackend;
  const onGpu = native.isUsingGpuDevice === true;
  if (name === 'tfjs-node-gpu' && !onGpu) {
    throw new BackendUnavailable('TensorFlow loaded, but it found no CUDA device');
  }
  return {
    description: `TensorFlow ${native.binding?.TF_Version ?? 'of unknown version'} on ${onGpu ? 'CUDA' : 'the CPU'}`,
    read: (tensors, out) => {
      readEach(tensors, out);
      return Promise.resolve();
    },
    lost: () => undefined,
    close: () => undefined,
  };
}

function explain(packageName: string, error: NodeJS.ErrnoException): string {
  const firstLine = error.message.split('\n')[0] ?? error.message;
  if (error.code === 'MODULE_NOT_FOUND' && firstLine.includes(`'${packageName}'`)) {
    return `the optional package ${packageName} is not installed`;
  }
  if (firstLine.includes('tfjs_binding.node')) {
    return `${packageName} is installed without its native library (docs/backends.md tells how to get it)`;
  }
  return `${packageName} does not load: ${firstLine}`;
}

/** tfjs-node 4.22 calls functions of node:util that Node 23 removed. */
function restoreOldUtilities(): void {
  const util = createRequire(import.meta.url)('node:util') as Record<string, unknown>;
  util.isNullOrUndefined ??= (value: unknown) => value === null || value === undefined;
  util.isArray ??= Array.isArray;
  util.isString ??= (value: unknown) => typeof value === 'string';
}
