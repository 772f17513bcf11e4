/** Errors between threads: a structured clone keeps neither their class nor what tells whose fault they are. */
import { FieldError, OperatorError, type FieldFault } from './operator-error.ts';

export interface PlainError {
  readonly name: string;
  readonly message: string;
  readonly stack?: string | undefined;
  /** Of an error of the operating system: ENOENT, and what it was about. */
  readonly code?: string | undefined;
  readonly path?: string | undefined;
  readonly syscall?: string | undefined;
  /** Of a fault of one field. */
  readonly fault?: FieldFault | undefined;
}

export function toPlainError(error: unknown): PlainError {
  if (!(error instanceof Error)) return { name: 'Error', message: String(error) };
  const { name, message, stack, code, path, syscall } = error as NodeJS.ErrnoException;
  const fault = error instanceof FieldError ? { fault: error.fault } : {};
  return { name, message, stack, code, path, syscall, ...fault };
}

/** An operator's fault stays one; any other error keeps its name, message, stack and code. */
export function reviveError({ name, message, stack, fault, ...system }: PlainError): Error {
  const error = fault === undefined ? revived(name, message, system) : new FieldError(fault);
  if (stack !== undefined) error.stack = stack;
  return error;
}

function revived(name: string, message: string, system: Readonly<Record<string, string | undefined>>): Error {
  return name === 'OperatorError'
    ? new OperatorError(message)
    : Object.assign(new Error(message), { name, ...defined(system) });
}

function defined(fields: Readonly<Record<string, string | undefined>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, text]) => (text === undefined ? [] : [[name, text]])),
  );
}
