/** Ctrl-C ends a program cleanly: the first one aborts the signal, a second one ends the process at once. */

/** The conventional exit code of a program that SIGINT ended. */
export const INTERRUPTED_EXIT_CODE = 130;

export function untilInterrupted(): { readonly signal: AbortSignal; readonly release: () => void } {
  const controller = new AbortController();
  const onSignal = () => {
    if (controller.signal.aborted) process.exit(INTERRUPTED_EXIT_CODE);
    controller.abort(new Interrupted());
  };
  process.on('SIGINT', onSignal).on('SIGTERM', onSignal);
  return {
    signal: controller.signal,
    release: () => {
      process.off('SIGINT', onSignal).off('SIGTERM', onSignal);
    },
  };
}

/** Why the signal was aborted; not a fault. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode = INTERRUPTED_EXIT_CODE;

  constructor() {
    super('stopped');
  }
}
