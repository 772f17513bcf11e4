/** What `--keep` takes: `1000 rounds`, `20GB`, `all`. */
import { invalidField } from '../foundation/operator-error.ts';
import type { KeepLimit } from '../storage/kept-history.ts';

const BYTES: Readonly<Record<string, number>> = {
  MB: 1e6,
  GB: 1e9,
  TB: 1e12,
  MIB: 2 ** 20,
  GIB: 2 ** 30,
  TIB: 2 ** 40,
};

/** Throws an OperatorError that names the flag. */
export function parseKeepLimit(value: string, flag: string): KeepLimit {
  const text = value.trim();
  if (text === 'all') return { kind: 'all' };
  const [, count = '', unit = ''] = /^(\d+(?:\.\d+)?)\s*([a-z]+)$/i.exec(text) ?? [];
  const amount = Number(count);
  if (/^rounds?$/i.test(unit) && Number.isSafeInteger(amount) && amount > 0) {
    return { kind: 'rounds', rounds: amount };
  }
  const bytes = Math.floor(amount * (BYTES[unit.toUpperCase()] ?? NaN));
  if (Number.isSafeInteger(bytes) && bytes > 0 && count !== '') return { kind: 'bytes', bytes };
  throw invalidField(
    flag,
    'be a number of rounds or of MB, GB or TB above 0, or all, such as "1000 rounds" or 20GB',
    value,
  );
}

export function keepLimitText(limit: KeepLimit): string {
  switch (limit.kind) {
    case 'all':
      return 'all';
    case 'rounds':
      return `${limit.rounds.toLocaleString('en-US')} round${limit.rounds === 1 ? '' : 's'}`;
    case 'bytes': {
      const [unit = 'MB', size = 1e6] =
        Object.entries({ TB: 1e12, GB: 1e9 }).find(([, one]) => limit.bytes >= one) ?? [];
      return `${Number((limit.bytes / size).toPrecision(4))} ${unit}`;
    }
  }
}
