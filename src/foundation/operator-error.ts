/**
 * The operator's fault (a wrong flag, file, value or environment): one sentence that names the field, the rule and
 * the value. Programs print the sentence without a stack trace and exit with `exitCode`.
 */
export class OperatorError extends Error {
  readonly exitCode: number = 2;
  override readonly name = 'OperatorError';

  constructor(message: string, options?: ErrorOptions) {
    super(withoutControls(message), options);
  }
}

/** What files and flags hold comes back in sentences: line breaks and terminal codes in it are shown, not sent. */
function withoutControls(text: string): string {
  return text.replace(CONTROLS, (control) => `\\x${control.charCodeAt(0).toString(16).padStart(2, '0')}`);
}

const CONTROLS = /[\p{Cc}\u2028\u2029]/gu;

/** Which field breaks which rule, so that whoever filled it may call it by another name. */
export interface FieldFault {
  readonly field: string;
  /** What follows the field: `must be a number, got "x"`. */
  readonly words: string;
}

/** A fault of one field, kept apart from its words. */
export class FieldError extends OperatorError {
  readonly fault: FieldFault;

  constructor(fault: FieldFault) {
    super(`${fault.field} ${fault.words}`);
    this.fault = fault;
  }
}

/**
 * An OperatorError for a field whose value breaks a rule: `aggregation.f must be below n / 2 = 4, got 5`. `hint` follows
 * the value, as `didYouMean` gives it.
 */
export function invalidField(field: string, rule: string, value: unknown, hint = ''): FieldError {
  return new FieldError({ field, words: `must ${rule}, got ${show(value)}${hint}` });
}

const LONGEST_REASON_CHARS = 300;

/** What a stranger's error says, on one line. */
export function reasonOf(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).trim().replace(/\s*\n\s*/g, ' ');
  return text.length > LONGEST_REASON_CHARS ? `${text.slice(0, LONGEST_REASON_CHARS)}...` : text;
}

const LONGEST_VALUE_CHARS = 80;

function show(value: unknown): string {
  if (value === undefined) return 'nothing';
  if (typeof value === 'number') return String(value);
  const text = typeof value === 'string' ? `"${value}"` : (JSON.stringify(value) ?? typeof value);
  return text.length > LONGEST_VALUE_CHARS ? `${text.slice(0, LONGEST_VALUE_CHARS)}...` : text;
}
