/** Errors between threads: a structured clone keeps neither their class nor what tells whose fault they are. */
import { OperatorError } from './operator-error.ts';

export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of an error of the operating system: ENOENT, and what it was about. */
  readonly code?: string | undefined;
  readonly path?: string | undefined;
  readonly syscall?: string | undefined;
}

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, code, path, syscall } = error as NodeJS.ErrnoException;
  return { name, message, stack, code, path, syscall };
}

/** An operator's fault stays one; any other error keeps its name, message, stack and code. */
export function reviveError({ name, message, stack, ...system }: PlainError): Error {
  const error =
    name === 'OperatorError'
      ? new OperatorError(message)
      : Object.assign(new Error(message), { name, ...defined(system) });
  if (stack !== undefined) error.stack = stack;
  return error;
}

function defined(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}
