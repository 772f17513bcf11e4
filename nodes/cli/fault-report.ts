/**
 * The one place where whatever ends a command becomes words and an exit code. What the operator can mend is one
 * sentence and 2; a fault of the program itself is told as such, with the way to report it, and 1.
 */
import { reasonOf } from '../../src/foundation/operator-error.ts';
import { meaningOf, systemErrorIn } from '../../src/foundation/system-fault.ts';
import { StoreError } from '../../src/storage/store.ts';

export interface FaultReport {
  readonly text: string;
  readonly exitCode: number;
}

export const OPERATOR_EXIT_CODE = 2;
const INTERNAL_EXIT_CODE = 1;

export interface ReportOptions {
  readonly verbose: boolean;
  /** What a report should name: the version of this program, of Node.js, and the platform. */
  readonly versions: string;
}

export function reportFault(error: unknown, options: ReportOptions): FaultReport {
  const known = operatorFault(error);
  if (known !== undefined) {
    const stack = options.verbose && known.cause instanceof Error ? `\n${stackOf(known.cause)}` : '';
    return { text: `${known.message}${stack}`, exitCode: known.exitCode };
  }
  return { text: internalFault(error, options), exitCode: INTERNAL_EXIT_CODE };
}

/** An error that ends the program on purpose carries the exit code. */
function operatorFault(
  error: unknown,
): { readonly message: string; readonly exitCode: number; readonly cause?: unknown } | undefined {
  if (!(error instanceof Error)) return undefined;
  if ('exitCode' in error && typeof error.exitCode === 'number') {
    return { message: error.message, exitCode: error.exitCode, cause: error.cause };
  }
  if (error instanceof StoreError) {
    return { message: error.message, exitCode: OPERATOR_EXIT_CODE, cause: error.cause };
  }
  const system = systemErrorIn(error);
  if (system !== undefined) {
    return { message: systemSentence(system), exitCode: OPERATOR_EXIT_CODE, cause: error };
  }
  if (OUT_OF_MEMORY.test(`${(error as NodeJS.ErrnoException).code} ${error.message}`)) {
    const message = `there is not enough memory for this (${reasonOf(error)})`;
    return { message, exitCode: OPERATOR_EXIT_CODE, cause: error };
  }
  return undefined;
}

/** As V8 and Node.js word it. */
const OUT_OF_MEMORY = /ERR_WORKER_OUT_OF_MEMORY|ERR_MEMORY_ALLOCATION_FAILED|allocation failed/i;

/** An error of the operating system that no place nearer to it has put into words. */
function systemSentence(error: NodeJS.ErrnoException): string {
  const { syscall, path, code = '' } = error;
  if (syscall === 'uv_cwd') return 'the current folder does not exist any more: change to another one';
  const what = path ?? addressIn(error);
  return what === undefined ? meaningOf(code) : `${what}: ${meaningOf(code)}`;
}

function addressIn(error: Error): string | undefined {
  const { address, port, hostname } = error as Error & {
    readonly address?: string;
    readonly port?: number;
    readonly hostname?: string;
  };
  if (address !== undefined) return port === undefined ? address : `${address} port ${port}`;
  return hostname;
}

function internalFault(error: unknown, { verbose, versions }: ReportOptions): string {
  const lines = [`internal error: ${reasonOf(error)}`];
  if (verbose) lines.push(stackOf(error));
  lines.push(
    'This is a fault of Synod and not of what you gave it. Please report it (CONTRIBUTING.md says where)',
    verbose
      ? `with the command, all that stands above, and: ${versions}.`
      : `with what the same command prints with --verbose, and: ${versions}.`,
  );
  return lines.join('\n');
}

function stackOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { stack = String(error), cause } = error;
  return cause === undefined ? stack : `${stack}\ncaused by: ${stackOf(cause)}`;
}
