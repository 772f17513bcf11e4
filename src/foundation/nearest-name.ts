/** What somebody may have meant who wrote a name that is not known. */
import { nameHereOf } from './other-names.ts';

/** The known name that is nearest to what was written; undefined where none is near enough to be meant. */
export function nearestName(written: string, known: readonly string[]): string | undefined {
  const plain = plainForm(written);
  const here = nameHereOf(plain, known);
  if (here !== undefined) return here;
  let best: { readonly name: string; readonly distance: number } | undefined;
  for (const name of known) {
    const distance = distanceBetween(plain, plainForm(name));
    if (best === undefined || distance < best.distance) best = { name, distance };
  }
  // of one or two letters hardly anything is near
  const far = plain.length < 3 ? 0 : Math.max(1, Math.floor(plain.length / 3));
  if (best !== undefined && best.distance <= far) return best.name;
  const begun = known.filter((name) => plain.length >= 2 && plainForm(name).startsWith(plain));
  if (begun.length === 1) return begun[0];
  const short = known.filter(
    (name) => isInitials(plain, plainForm(name)) || isInitials(plainForm(name), plain),
  );
  if (short.length === 1) return short[0];
  const held = known.filter((name) => plain.length > 0 && `-${plain}-`.includes(`-${plainForm(name)}-`));
  return held.sort((a, b) => b.length - a.length)[0];
}

/** `ipm` of `inner-product-manipulation`. */
function isInitials(short: string, long: string): boolean {
  const parts = long.split('-');
  return parts.length > 1 && parts.map((part) => part.slice(0, 1)).join('') === short;
}

/** ` (did you mean NAME?)`, or nothing. */
export function didYouMean(written: string, known: readonly string[]): string {
  const name = nearestName(written, known);
  return name === undefined || name === written ? '' : ` (did you mean ${name}?)`;
}

/** `dataDir`, `data_dir` and `Data-Dir` are one name to whoever remembers it. */
function plainForm(name: string): string {
  return name
    .replace(/([a-z])([A-Z])|([A-Z])(?=[A-Z][a-z])/g, '$1$3-$2')
    .replaceAll('_', '-')
    .toLowerCase();
}

const LONGEST_NAME_CHARS = 100;

/** Insertions, deletions, substitutions and swaps of neighbours (optimal string alignment). */
function distanceBetween(a: string, b: string): number {
  if (Math.max(a.length, b.length) > LONGEST_NAME_CHARS) return a === b ? 0 : Infinity;
  let before: number[] = [];
  let last = Array.from({ length: b.length + 1 }, (_, j) => j);
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = (last[j - 1] as number) + Number(a[i - 1] !== b[j - 1]);
      let least = Math.min(change, (last[j] as number) + 1, (row[j - 1] as number) + 1);
      if (a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1] && i > 1 && j > 1) {
        least = Math.min(least, (before[j - 2] as number) + 1);
      }
      row.push(least);
    }
    [before, last] = [last, row];
  }
  return last[b.length] as number;
}
