/** A back end that has started in this thread, and how it was chosen. */
import type { BackendName } from './all-backends.ts';
import type { StartedBackend } from './define-backend.ts';

export interface Backend extends StartedBackend {
  readonly name: BackendName;
  /** Its name in TF.js's registry. */
  readonly registryName: string;
}

export interface SkippedBackend {
  readonly name: BackendName;
  /** One sentence: why this back end was not used. */
  readonly reason: string;
}

export interface BackendChoice {
  readonly name: BackendName;
  readonly skipped: readonly SkippedBackend[];
}
