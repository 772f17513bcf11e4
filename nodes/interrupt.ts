/**
 * Signals end a program: the first one aborts what is under way, so that stores are closed and threads are ended; what
 * does not end in time (a loop in a user's task, a library that waits) is ended with the process. A second one does
 * not wait. A program that has something to see to first may put the first one off; the next then counts as the first.
 */

/** The conventional exit codes of programs that signals ended: 128 and the signal's number. */
const EXIT_CODES = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;

type EndSignal = keyof typeof EXIT_CODES;

const GRACE_MS = 5_000;

/** Why the signal was aborted; not a fault. */
export class Interrupted extends Error {
  override readonly name = 'Interrupted';
  readonly exitCode: number;

  constructor(by: EndSignal) {
    super(`stopped by ${by}`);
    this.exitCode = EXIT_CODES[by];
  }
}

/** `putOff` is asked once, and true where the program goes on until it aborts by `end` what is under way. */
export function untilInterrupted(
  graceMs = GRACE_MS,
  putOff: (end: () => void) => boolean = () => false,
): {
  readonly signal: AbortSignal;
  readonly release: () => void;
} {
  const controller = new AbortController();
  const names = Object.keys(EXIT_CODES) as EndSignal[];
  let deadline: NodeJS.Timeout | undefined;
  let asked = false;
  const onSignal = (by: NodeJS.Signals): void => {
    const reason = new Interrupted(by as EndSignal);
    if (controller.signal.aborted) process.exit(reason.exitCode);
    if (!asked) {
      asked = true;
      if (putOff(() => end(reason))) return;
    }
    end(reason);
  };
  const end = (reason: Interrupted): void => {
    if (controller.signal.aborted) return;
    deadline = setTimeout(() => {
      process.stderr.write(`synod: ${reason.message}\n`);
      process.exit(reason.exitCode);
    }, graceMs);
    controller.abort(reason);
  };
  for (const name of names) process.on(name, onSignal);
  return {
    signal: controller.signal,
    release: () => {
      clearTimeout(deadline);
      for (const name of names) process.off(name, onSignal);
    },
  };
}
