/** Reads a plain object field by field; a wrong or unknown field is the operator's fault, in one sentence. */
import { invalidField } from '../../foundation/operator-error.ts';

export class Fields {
  readonly field: string;
  private readonly values: Readonly<Record<string, unknown>>;
  private readonly known = new Set<string>();

  /** `field` is the path that errors begin with, such as `data`. */
  constructor(value: unknown, field: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) {
      throw invalidField(field, 'be an object', value);
    }
    this.field = field;
    this.values = value as Readonly<Record<string, unknown>>;
  }

  /** The raw value; undefined where the field is absent. */
  raw(key: string): unknown {
    this.known.add(key);
    return this.values[key];
  }

  pathOf(key: string): string {
    return `${this.field}.${key}`;
  }

  text(key: string): string | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (typeof value !== 'string' || value === '') {
      throw invalidField(this.pathOf(key), 'be a non-empty string', value);
    }
    return value;
  }

  requiredText(key: string): string {
    const value = this.text(key);
    if (value === undefined) throw invalidField(this.pathOf(key), 'be given', value);
    return value;
  }

  oneOf<T extends string>(key: string, choices: readonly T[]): T | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    const found = choices.find((choice) => choice === value);
    if (found === undefined) {
      throw invalidField(this.pathOf(key), `be one of ${choices.join(', ')}`, value);
    }
    return found;
  }

  flag(key: string): boolean | undefined {
    const value = this.raw(key);
    if (value === undefined || typeof value === 'boolean') return value;
    throw invalidField(this.pathOf(key), 'be true or false', value);
  }

  integer(key: string, least: number, most: number): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!(typeof value === 'number' && Number.isInteger(value) && value >= least && value <= most)) {
      throw invalidField(this.pathOf(key), `be an integer from ${least} to ${most}`, value);
    }
    return value;
  }

  number(key: string, least: number, most: number): number | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!(typeof value === 'number' && value >= least && value <= most)) {
      throw invalidField(this.pathOf(key), `be a number from ${least} to ${most}`, value);
    }
    return value;
  }

  numbers(key: string): readonly number[] | undefined {
    const value = this.raw(key);
    if (value === undefined) return undefined;
    if (!Array.isArray(value) || !value.every((item) => typeof item === 'number' && Number.isFinite(item))) {
      throw invalidField(this.pathOf(key), 'be a list of finite numbers', value);
    }
    return value as number[];
  }

  /** Refuses every field that nobody has asked for. */
  end(): void {
    const stranger = Object.keys(this.values).find((key) => !this.known.has(key));
    if (stranger === undefined) return;
    throw invalidField(this.field, `have only the fields ${[...this.known].join(', ')}`, stranger);
  }
}
