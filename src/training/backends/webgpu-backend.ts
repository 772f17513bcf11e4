/**
 * WebGPU through Dawn (package `webgpu`): GPUs of any vendor. TF.js's own registration is not used, since it offers
 * neither the choice of adapter nor the news that a device was lost.
 */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { BackendUnavailable, type StartedBackend, type StartOptions } from './define-backend.ts';

interface Gpu {
  requestAdapter(options?: object): Promise<Adapter | null>;
}
interface Adapter {
  readonly features: { has(name: string): boolean };
  readonly limits: Record<string, number>;
  readonly info: AdapterInfo;
  requestDevice(descriptor: object): Promise<Device>;
}
interface AdapterInfo {
  readonly vendor: string;
  readonly architecture: string;
  readonly device: string;
  readonly description: string;
  readonly isFallbackAdapter?: boolean;
}
interface Device {
  readonly lost: Promise<{ readonly reason: string; readonly message: string }>;
  destroy(): void;
}

const LIMITS = [
  'maxComputeWorkgroupStorageSize',
  'maxComputeWorkgroupsPerDimension',
  'maxStorageBufferBindingSize',
  'maxBufferSize',
  'maxComputeWorkgroupSizeX',
  'maxComputeInvocationsPerWorkgroup',
] as const;

const SOFTWARE_RENDERERS = /swiftshader|llvmpipe|lavapipe|software|microsoft basic/i;

export async function startWebGpu({ allowSoftware }: StartOptions): Promise<StartedBackend> {
  if (!allowSoftware && !hasVulkanDriver()) {
    throw new BackendUnavailable('this machine has no Vulkan driver');
  }
  const dawn = await import('webgpu');
  Object.assign(globalThis, dawn.globals);
  const gpu = dawn.create([]) as unknown as Gpu;
  const adapter = await gpu.requestAdapter({ powerPreference: 'high-performance' });
  if (adapter === null)
    throw new BackendUnavailable('Dawn found no adapter (no Vulkan, Metal or Direct3D driver)');
  const { info } = adapter;
  const title = [info.vendor, info.architecture, info.device, info.description].filter(Boolean).join(' ');
  if (!allowSoftware && (info.isFallbackAdapter === true || SOFTWARE_RENDERERS.test(title))) {
    throw new BackendUnavailable(
      `its only adapter is a software renderer (${title}), slower than wasm; --backend webgpu takes it all the same`,
    );
  }
  const features = ['timestamp-query'].filter((feature) => adapter.features.has(feature));
  const device = await adapter.requestDevice({
    requiredFeatures: features,
    requiredLimits: Object.fromEntries(LIMITS.map((limit) => [limit, adapter.limits[limit]])),
  });
  let lost: string | undefined;
  void device.lost.then(({ reason, message }) => {
    lost = `${title} was lost (${reason}): ${message}`;
  });
  exposeGpu(gpu);
  const { WebGPUBackend } = await import('@tensorflow/tfjs-backend-webgpu');
  if (tf.findBackendFactory('webgpu') !== null) tf.removeBackend('webgpu');
  const started = new WebGPUBackend(device as never, info as never);
  tf.registerBackend('webgpu', () => started);
  if (!(await tf.setBackend('webgpu'))) throw new BackendUnavailable('TF.js could not use the device');
  return {
    description: title,
    read: async (tensors, out) => {
      const flat = tf.tidy(() => tf.concat(tensors.map((tensor) => tf.reshape(tensor, [-1]))));
      try {
        out.set(await flat.data<'float32'>());
      } finally {
        flat.dispose();
      }
    },
    lost: () => lost,
    close: () => device.destroy(),
  };
}

/** TF.js's back end believes that there is WebGPU where `navigator.gpu` is; Node 20 has no navigator at all. */
function exposeGpu(gpu: Gpu): void {
  const scope = globalThis as { navigator?: object };
  if (scope.navigator === undefined) {
    Object.defineProperty(globalThis, 'navigator', { value: {}, configurable: true });
  }
  Object.defineProperty(scope.navigator ?? {}, 'gpu', { value: gpu, configurable: true });
}

/** Dawn complains on stderr where there is none, so `auto` looks for a driver's manifest before it loads Dawn. */
function hasVulkanDriver(): boolean {
  if (process.platform !== 'linux') return true;
  const { VK_ICD_FILENAMES, VK_DRIVER_FILES, VK_ADD_DRIVER_FILES, XDG_DATA_DIRS, HOME = '' } = process.env;
  if (VK_ICD_FILENAMES ?? VK_DRIVER_FILES ?? VK_ADD_DRIVER_FILES) return true;
  const shared = (XDG_DATA_DIRS ?? '/usr/local/share:/usr/share').split(':');
  const folders = ['/etc', `${HOME}/.config`, `${HOME}/.local/share`, ...shared];
  return folders.some((folder) => {
    try {
      return readdirSync(join(folder, 'vulkan', 'icd.d')).some((name) => name.endsWith('.json'));
    } catch {
      return false;
    }
  });
}
