/** The rate of a line as people write it: `100mbit`, `1.5 Gbit/s`. */
import { invalidField } from '../../src/foundation/operator-error.ts';

const BITS: Readonly<Record<string, number>> = { k: 1e3, m: 1e6, g: 1e9 };

/** Bytes a second; throws an OperatorError that names the flag. */
export function parseLineRate(value: string, flag: string): number {
  const [, count, unit] = /^(\d+(?:\.\d+)?)\s*([kmg])bit(?:\/s)?$/i.exec(value.trim()) ?? [];
  const bits = Number(count) * (BITS[unit?.toLowerCase() ?? ''] ?? NaN);
  if (!(bits > 0)) {
    throw invalidField(flag, 'be a rate above 0 in kbit, mbit or gbit a second, such as 100mbit', value);
  }
  return bits / 8;
}
