/** `auto`: the first back end of BACKEND_NAMES that starts and passes its probe, with a reason for each one skipped. */
import { OperatorError } from '../../foundation/operator-error.ts';
import { BACKEND_NAMES, type BackendName } from './all-backends.ts';
import type { Backend, SkippedBackend } from './backend.ts';
import { BackendUnavailable } from './define-backend.ts';
import { startBackend } from './start-backend.ts';

export interface SelectedBackend {
  readonly backend: Backend;
  readonly skipped: readonly SkippedBackend[];
}

/** A back end named by the operator is used or refused, never replaced; `lost` ones are left out by `auto`. */
export async function selectBackend(
  wanted: BackendName | 'auto',
  lost: readonly SkippedBackend[] = [],
): Promise<SelectedBackend> {
  if (wanted !== 'auto') {
    try {
      return { backend: await startBackend(wanted, { allowSoftware: true }), skipped: [] };
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      throw new OperatorError(`backend ${wanted} cannot be used here: ${error.message}`, { cause: error });
    }
  }
  const skipped: SkippedBackend[] = [...lost];
  for (const name of BACKEND_NAMES) {
    if (lost.some((one) => one.name === name)) continue;
    try {
      return { backend: await startBackend(name, { allowSoftware: false }), skipped };
    } catch (error) {
      if (!(error instanceof BackendUnavailable)) throw error;
      skipped.push({ name, reason: error.message });
    }
  }
  throw new OperatorError(
    `no back end works here: ${skipped.map(({ name, reason }) => `${name} (${reason})`).join(', ')}`,
  );
}
