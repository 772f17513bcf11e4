/** The names of the back ends and what each offers to the gradient engine. */

export const BACKEND_NAMES = ['tfjs-node-gpu', 'webgpu', 'tfjs-node', 'wasm', 'cpu'] as const;

/** In the order in which `auto` tries them. */
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
