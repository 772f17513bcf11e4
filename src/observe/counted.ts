/** Counts and lists of rounds as they stand in a sentence. */

/** `1 round`, `12 rounds`. */
export function counted(count: number, one: string, many = `${one}s`): string {
  return `${count} ${count === 1 ? one : many}`;
}

/** `a, b and c`. */
export function listed(words: readonly string[]): string {
  return words.length < 2 ? (words[0] ?? '') : `${words.slice(0, -1).join(', ')} and ${words.at(-1)}`;
}

const MOST_SPANS = 5;

/** `round 7`, `rounds 3 to 5, 9 and 12`. */
export function roundsText(rounds: readonly number[]): string {
  return `${rounds.length === 1 ? 'round' : 'rounds'} ${stretches(rounds)}`;
}

/** `3 to 5, 9 and 12`; of many stretches the newest. `rounds` ascend. */
export function stretches(rounds: readonly number[]): string {
  const spans: [number, number][] = [];
  for (const round of rounds) {
    const last = spans.at(-1);
    if (last !== undefined && last[1] === round - 1) last[1] = round;
    else spans.push([round, round]);
  }
  const shown = spans.slice(-MOST_SPANS).map(([first, last]) => {
    if (first === last) return String(first);
    return last === first + 1 ? `${first}, ${last}` : `${first} to ${last}`;
  });
  const before = spans.length > MOST_SPANS ? ', among others' : '';
  return `${listed(shown)}${before}`;
}
