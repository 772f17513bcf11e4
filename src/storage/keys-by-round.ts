/**
 * The keys of what is dropped by its round, in memory: they are listed once, where a store would otherwise list them at
 * every write. As many as there are such records.
 */
export class KeysByRound {
  private known: Map<number, Set<string>> | undefined;
  private readonly list: () => Promise<readonly (readonly [round: number, key: string])[]>;

  constructor(list: () => Promise<readonly (readonly [round: number, key: string])[]>) {
    this.list = list;
  }

  /** Called before the write that drops them, and adds others. */
  async below(round: number): Promise<string[]> {
    if (this.known === undefined) {
      this.known = new Map();
      for (const [of, key] of await this.list()) this.add(of, key);
    }
    return [...this.known].flatMap(([of, keys]) => (of < round ? [...keys] : []));
  }

  /** Whether a key of the round was written; known once `below` was asked. */
  has(round: number, key: string): boolean {
    return this.known?.get(round)?.has(key) === true;
  }

  /** What the write did: all below a round are gone, these are there. */
  wrote(forgetBelow: number, round: number, keys: readonly string[]): void {
    for (const of of this.known?.keys() ?? []) if (of < forgetBelow) this.known?.delete(of);
    for (const key of keys) this.add(round, key);
  }

  private add(round: number, key: string): void {
    const keys = this.known?.get(round) ?? new Set();
    keys.add(key);
    this.known?.set(round, keys);
  }
}
