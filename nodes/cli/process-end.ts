/** How the process ends: readers that went away, full outputs, faults that nobody caught, and the last words. */
import { readFileSync } from 'node:fs';
import { meaningOf, systemCodeOf } from '../../src/foundation/system-fault.ts';
import { OPERATOR_EXIT_CODE, reportFault } from './fault-report.ts';

/** 128 + SIGPIPE: how programs end whose reader went away. */
const BROKEN_PIPE_EXIT_CODE = 141;

export interface EndOptions {
  readonly verbose: boolean;
  /** Goes on when nobody reads what it says. */
  readonly outlivesTerminal: boolean;
}

/** From now on nothing ends the process with a stack that is not asked for. */
export function guardProcess(options: () => EndOptions): void {
  for (const stream of [process.stdout, process.stderr]) {
    stream.on('error', (error: Error) => outputFailed(error, stream === process.stdout, options()));
  }
  const uncaught = (error: unknown): void => {
    sayFault(error, options().verbose);
    process.exit();
  };
  process.on('uncaughtException', uncaught).on('unhandledRejection', uncaught);
}

/** Prints the fault and sets the exit code. */
export function sayFault(error: unknown, verbose: boolean): void {
  const { text, exitCode } = reportFault(error, { verbose, versions: versions() });
  if (text !== '') process.stderr.write(`synod: ${text}\n`);
  process.exitCode = exitCode;
}

/** Waits until all that was said is written, then ends: timers that libraries left behind are not waited for. */
export async function endProcess(): Promise<never> {
  await Promise.all(
    [process.stdout, process.stderr].map(
      (stream) => new Promise<void>((done) => stream.write('', () => done())),
    ),
  );
  process.exit();
}

function outputFailed(error: Error, isStdout: boolean, { outlivesTerminal }: EndOptions): void {
  const code = systemCodeOf(error);
  if (code === 'EPIPE' || code === 'ECONNRESET') {
    if (!outlivesTerminal) process.exit(BROKEN_PIPE_EXIT_CODE);
    return;
  }
  // progress that cannot be told is no reason to lose the work
  if (!isStdout || outlivesTerminal) return;
  process.stderr.write(`synod: cannot write to the standard output: ${meaningOf(code ?? error.message)}\n`);
  process.exit(OPERATOR_EXIT_CODE);
}

export function programVersion(): string {
  // the sources lie one folder nearer to package.json than what is built from them
  for (const place of ['../../package.json', '../../../package.json']) {
    try {
      const about = JSON.parse(readFileSync(new URL(place, import.meta.url), 'utf8')) as {
        readonly name: string;
        readonly version: string;
      };
      if (about.name === 'synod') return about.version;
    } catch {
      // the other one
    }
  }
  return 'of unknown version';
}

function versions(): string {
  return `synod ${programVersion()}, Node.js ${process.versions.node}, ${process.platform} ${process.arch}`;
}
