/** The back ends: their names, and what each offers to the gradient engine. */
import type * as tf from '@tensorflow/tfjs-core';

/** In the order in which `auto` tries them. */
export const BACKEND_NAMES = ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

export type BackendName = (typeof BACKEND_NAMES)[number];

export interface SkippedBackend {
  readonly name: BackendName;
  /** One sentence: why this back end was not used. */
  readonly reason: string;
}

export interface BackendChoice {
  readonly name: BackendName;
  readonly skipped: readonly SkippedBackend[];
}

/** A back end that has started in this thread. */
export interface Backend {
  readonly name: BackendName;
  /** Its name in TF.js's registry. */
  readonly registryName: string;
  /** One line about the device, for `doctor`. */
  readonly description: string;
  /** Copies the tensors' values one after another into `out`, without an intermediate array where it can. */
  read(tensors: readonly tf.Tensor[], out: Float32Array): Promise<void>;
  /** Why the device is gone; undefined while it is there. */
  lost(): string | undefined;
  /** Frees what would keep the process alive. */
  close(): void;
}

/** Why a back end cannot be used on this machine: an expected answer of a probe, not a fault. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable';
}

export interface StartOptions {
  /** Whether a software renderer may serve as a GPU: only where the operator named the back end. */
  readonly allowSoftware: boolean;
}
