/**
 * Ends what never ends: a hook of a user's task (loss, metrics, data) that loops for ever holds its thread, and no
 * message or signal reaches it there. The thread counts up as it enters and leaves user code, in memory that its parent
 * reads; an odd count that stands still for too long is a hook that does not come back.
 */

/** Places in the control array of a training thread. */
export const ABORTED_JOB = 0;
const BEATS = 1;

/** The longest that one call of a user's code may take, a chunk of examples or the first trial. */
export const HOOK_LIMIT_MS = 120_000;

export function newControl(): Int32Array {
  return new Int32Array(new SharedArrayBuffer(8));
}

/** The thread's side. */
export interface Beat {
  /** Runs user code; the time until it ends, or until `again` is called, is limited. */
  within<T>(run: () => Promise<T>): Promise<T>;
  /** Within: one call of user code has come back, and the next one begins. */
  again(): void;
}

export function beatOf(control: Int32Array): Beat {
  return {
    async within(run) {
      Atomics.add(control, BEATS, 1);
      try {
        return await run();
      } finally {
        Atomics.add(control, BEATS, 1);
      }
    },
    again: () => void Atomics.add(control, BEATS, 2),
  };
}

const LOOKS_PER_LIMIT = 4;

/** The parent's side: calls `onEndless` once where user code has not come back for `limitMs`. */
export class HookWatch {
  private readonly timer: NodeJS.Timeout;

  constructor(control: Int32Array, limitMs: number, onEndless: () => void) {
    let seen = 0;
    let looks = 0;
    this.timer = setInterval(() => {
      const beats = Atomics.load(control, BEATS);
      looks = beats === seen && beats % 2 !== 0 ? looks + 1 : 0;
      seen = beats;
      if (looks <= LOOKS_PER_LIMIT) return;
      this.close();
      onEndless();
    }, limitMs / LOOKS_PER_LIMIT);
    this.timer.unref();
  }

  close(): void {
    clearInterval(this.timer);
  }
}

export function endlessHook(path: string, limitMs: number): string {
  return `the task module ${path} must come back from each call of loss, metrics and data, but one has run for ${Math.round(limitMs / 1000)} s (an endless loop?)`;
}

/** Node.js ends a thread that waits for what nothing can bring any more. */
export function unsettledModule(path: string): string {
  return `the task module ${path} never comes to an end of its loading: it awaits what nothing brings, or ends its thread`;
}
