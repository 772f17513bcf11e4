/**
 * What all-backends.ts says of a back end: its name, what it is, how it wants to be driven and how it starts. A file of its
 * own and an entry there make it known to flags, `doctor`, `auto`, the pool and the compliance suite.
 */
import type * as tf from '@tensorflow/tfjs-core';

export interface StartOptions {
  /** Whether a software renderer may serve as a GPU: only where the operator named the back end. */
  readonly allowSoftware: boolean;
}

/** What a back end offers once it runs in this thread. */
export interface StartedBackend {
  /** One line about the device, for `doctor`. */
  readonly description: string;
  /** Copies the tensors' values one after another into `out`, without an intermediate array where it can. */
  read(tensors: readonly tf.Tensor[], out: Float32Array): Promise<void>;
  /** Why the device is gone; undefined while it is there. */
  lost(): string | undefined;
  /** Frees what would keep the process alive. */
  close(): void;
}

export interface BackendDefinition<Name extends string = string> {
  /** The word by which command lines name it. */
  readonly name: Name;
  /** What computes, and on what: the table of docs/backends.md. */
  readonly about: string;
  /** Its name in TF.js's registry. */
  readonly registryName: string;
  /**
   * `thread`: on the thread that asks, so a pool runs as many as there are cores. `device`: on a device or on all cores
   * by itself, so one thread drives it, which is given time to free it at the end.
   */
  readonly computesOn: 'thread' | 'device';
  /** Throws BackendUnavailable with the reason. What it needs is imported only now: packages may be absent, or slow to load. */
  start(this: void, options: StartOptions): Promise<StartedBackend>;
}

export function defineBackend<const Name extends string>(
  definition: BackendDefinition<Name>,
): BackendDefinition<Name> {
  return definition;
}

/** Why a back end cannot be used on this machine: an expected answer of a probe, not a fault. */
export class BackendUnavailable extends Error {
  override readonly name = 'BackendUnavailable';
}
