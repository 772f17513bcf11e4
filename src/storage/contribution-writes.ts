/**
 * What a write has to do to keep bodies of contributions, and to drop those of rounds that are settled. A body that is
 * here for its round already is not written again: a peer lists its own beside others'.
 */
import type { Operation } from './key-value.ts';
import { KeysByRound } from './keys-by-round.ts';
import { CONTRIBUTION_INDEX, contributionIndexKey, contributionKey, parts } from './keys.ts';
import { sizeOf } from './retention.ts';
import type { SealedRecords } from './sealed-records.ts';
import type { SavedBodies } from './store.ts';

export interface ContributionWrite {
  readonly operations: readonly Operation[];
  /** To be called once they are written. */
  readonly wrote: () => void;
}

export class ContributionWrites {
  private readonly records: SealedRecords;
  private readonly keepsAll: boolean;
  private readonly rounds: number;
  private readonly keys = new KeysByRound(() => this.list());

  /** `rounds`: how many rounds they stay at most, unless all are kept. */
  constructor(records: SealedRecords, keepsAll: boolean, rounds: number) {
    this.records = records;
    this.keepsAll = keepsAll;
    this.rounds = rounds;
  }

  async of({ round, contributions, forgetBelow }: SavedBodies): Promise<ContributionWrite> {
    const oldest = Math.max(forgetBelow, round - this.rounds + 1);
    const old = this.keepsAll ? [] : await this.keys.below(oldest);
    const isHere = (key: string): boolean =>
      !this.keepsAll && this.keys.has(round, key) && !old.includes(key);
    const written = contributions.flatMap(({ digest, body }): Operation[] => {
      const key = contributionKey(digest, round);
      if (isHere(key)) return [];
      return [
        { type: 'put', key: contributionIndexKey(round, digest), value: sizeOf(body) },
        { type: 'put', key, value: body },
      ];
    });
    const keys = written.map(({ key }) => key);
    const dropped = old.filter((key) => !keys.includes(key));
    return {
      operations: [...dropped.map((key): Operation => ({ type: 'del', key })), ...written],
      wrote: () => this.keys.wrote(oldest, round, keys),
    };
  }

  /** The keys of contributions, and of their index. */
  private async list(): Promise<[number, string][]> {
    const index = await this.records.keys(CONTRIBUTION_INDEX);
    return index.flatMap((key): [number, string][] => {
      const [hex, digest] = parts(key);
      const round = Number.parseInt(hex, 16);
      return [
        [round, key],
        [round, contributionKey(digest, round)],
      ];
    });
  }
}
