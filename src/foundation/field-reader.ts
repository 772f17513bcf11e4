/**
 * Reads one object of an operator's file field by field: each value is checked where it is read, a missing one takes
 * its default, an unknown one is refused, and every fault names the field's full path.
 */
import { invalidField } from './operator-error.ts';

export class FieldReader {
  private readonly fields: Readonly<Record<string, unknown>>;
  private readonly path: string;
  private readonly known = new Set<string>();

  /** `shorthand`: a bare string stands for an object with that one field. */
  constructor(value: unknown, path: string, options: { readonly shorthand?: string } = {}) {
    this.path = path;
    if (typeof value === 'string' && options.shorthand !== undefined) {
      this.fields = { [options.shorthand]: value };
    } else if (typeof value === 'object' && value !== null && !Array.isArray(value)) {
      this.fields = value as Record<string, unknown>;
    } else {
      throw invalidField(
        path,
        options.shorthand === undefined ? 'be an object' : 'be a name or an object',
        value,
      );
    }
  }

  oneOf<const T extends string>(name: string, choices: readonly T[], otherwise?: T): T {
    const value = this.take(name, otherwise);
    if (choices.includes(value as T)) return value as T;
    throw invalidField(this.pathOf(name), `be one of ${choices.join(', ')}`, value);
  }

  number(
    name: string,
    options: {
      readonly min?: number;
      readonly max?: number;
      readonly above?: number;
      readonly otherwise?: number;
      readonly accepts?: (value: number) => boolean;
      readonly rule?: string;
    } = {},
  ): number {
    const value = this.take(name, options.otherwise);
    const { min = -Infinity, max = Infinity, above = -Infinity, accepts = () => true } = options;
    const inRange = (v: number) => Number.isFinite(v) && v >= min && v <= max && v > above && accepts(v);
    if (typeof value === 'number' && inRange(value)) return value;
    throw invalidField(this.pathOf(name), options.rule ?? `be a number${rangeText(options)}`, value);
  }

  integer(
    name: string,
    options: { readonly min?: number; readonly max?: number; readonly otherwise?: number } = {},
  ): number {
    return this.number(name, {
      ...options,
      accepts: Number.isSafeInteger,
      rule: `be an integer${rangeText(options)}`,
    });
  }

  boolean(name: string, otherwise?: boolean): boolean {
    const value = this.take(name, otherwise);
    if (typeof value === 'boolean') return value;
    throw invalidField(this.pathOf(name), 'be true or false', value);
  }

  /** A nested value, parsed by `parse` with its full path; `otherwise` where it is missing. */
  nested<T>(name: string, otherwise: T, parse: (value: unknown, path: string) => T): T {
    const value = this.take(name, undefined);
    return value === undefined ? otherwise : parse(value, this.pathOf(name));
  }

  has(name: string): boolean {
    return this.fields[name] !== undefined;
  }

  /** Refuses every field that nothing asked for: a misspelt setting must not pass in silence. */
  refuseOthers(): void {
    const stranger = Object.keys(this.fields).find((name) => !this.known.has(name));
    if (stranger !== undefined) {
      const rule = `be left out: only ${[...this.known].join(', ')} are known here`;
      throw invalidField(this.pathOf(stranger), rule, this.fields[stranger]);
    }
  }

  private take(name: string, otherwise: unknown): unknown {
    this.known.add(name);
    return this.fields[name] ?? otherwise;
  }

  /** How faults name a field of this object. */
  pathOf(name: string): string {
    return this.path === '' ? name : `${this.path}.${name}`;
  }
}

function rangeText(options: {
  readonly min?: number;
  readonly max?: number;
  readonly above?: number;
}): string {
  const bounds = [
    options.above === undefined ? '' : ` above ${options.above}`,
    options.min === undefined ? '' : ` of at least ${options.min}`,
    options.max === undefined ? '' : ` of at most ${options.max}`,
  ];
  return bounds.filter((text) => text !== '').join(' and');
}
