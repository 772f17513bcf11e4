/** The store over sealed records: keys, batches, retention. What opening finds is in `open-records.ts`. */
import { assert } from '../foundation/assert.ts';
import type { Digest } from '../crypto/hash.ts';
import type { Keep } from './kept-history.ts';
import type { Operation } from './key-value.ts';
import { ContributionWrites, type ContributionWrite } from './contribution-writes.ts';
import { KeysByRound } from './keys-by-round.ts';
import {
  CONTRIBUTION,
  DECISION,
  MEMORY,
  META_DISTRUST,
  UPDATE,
  UPDATE_INDEX,
  UPDATE_SIZE,
  decisionKey,
  isMemoryKey,
  memoryKey,
  parts,
  roundPrefix,
  updateIndexKey,
  updateKey,
  updateSizeKey,
} from './keys.ts';
import { sizeOf, type Retention } from './retention.ts';
import { after, type SealedRecords } from './sealed-records.ts';
import {
  StoreError,
  type SavedBodies,
  type SavedCheckpoint,
  type SavedDecision,
  type SavedMemory,
  type Store,
  type StoreCondition,
  type StoredState,
} from './store.ts';
import { StoredCheckpoints } from './stored-checkpoints.ts';

export interface RecordStoreState {
  readonly experiment: Digest;
  readonly about: Uint8Array;
  readonly condition: StoreCondition;
  readonly history: { readonly first: number; readonly last: number } | undefined;
  readonly keepContributions: boolean;
  readonly contributionRounds: number;
  readonly retention: Retention;
}

export class RecordStore implements Store {
  readonly experiment: Digest;
  readonly about: Uint8Array;
  readonly condition: StoreCondition;
  readonly keepsContributions: boolean;
  history: { readonly first: number; readonly last: number } | undefined;
  private readonly records: SealedRecords;
  private readonly retention: Retention;
  private readonly stored: StoredCheckpoints;
  private closing = false;
  private readonly memoryKeys = new KeysByRound(() => this.listMemories());
  private readonly contributions: ContributionWrites;
  private turn: Promise<unknown> = Promise.resolve();

  constructor(records: SealedRecords, state: RecordStoreState) {
    this.records = records;
    this.stored = new StoredCheckpoints(records);
    this.experiment = state.experiment;
    this.about = state.about;
    this.condition = state.condition;
    this.history = state.history;
    this.keepsContributions = state.keepContributions;
    this.contributions = new ContributionWrites(records, state.keepContributions, state.contributionRounds);
    this.retention = state.retention;
    this.keepWithinLimit();
  }

  get keep(): Keep {
    return this.retention.keep;
  }

  get droppedBelow(): number {
    return this.retention.droppedBelow;
  }

  saveMemory(
    { round, anchor, bytes }: SavedMemory,
    forgetBelow: number,
    bodies: readonly SavedBodies[] = [],
  ): Promise<void> {
    return this.inTurn(async () => {
      const old = await this.memoryKeys.below(forgetBelow);
      const key = memoryKey(round, anchor);
      const along: ContributionWrite[] = [];
      for (const each of bodies) along.push(await this.contributions.of(each));
      const dropped = deletions(old.filter((other) => other !== key));
      await this.write([...dropped, put(key, bytes), ...along.flatMap(({ operations }) => operations)]);
      this.memoryKeys.wrote(forgetBelow, round, [key]);
      for (const { wrote } of along) wrote();
    });
  }

  async memories(): Promise<SavedMemory[]> {
    const memories: SavedMemory[] = [];
    for (const key of (await this.records.keys(MEMORY)).filter(isMemoryKey)) {
      const [round, anchor] = parts(key);
      memories.push({ round: Number.parseInt(round, 16), anchor, bytes: await existing(this.records, key) });
    }
    return memories;
  }

  trustMemories(): Promise<void> {
    return this.inTurn(() => this.records.restartJournal(deletions([META_DISTRUST])));
  }

  saveDecisions(decisions: readonly SavedDecision[], truncate: boolean): Promise<void> {
    return this.inTurn(async () => {
      const first = decisions[0]?.round;
      const last = decisions.at(-1)?.round;
      if (first === undefined || last === undefined) return;
      assert(
        decisions.every(({ round }, i) => round === first + i),
        'decisions of consecutive rounds',
      );
      const { history } = this;
      assert(
        history === undefined || (first >= history.first && first <= history.last + 1),
        `decision of round ${first} after the history of ${history?.first} to ${history?.last}`,
      );
      const dropped = truncate && history !== undefined && first <= history.last;
      const gone = dropped ? await this.following(first) : [];
      const written = decisions.flatMap(({ round, decision, update }) => [
        put(decisionKey(round), decision),
        ...(update === undefined
          ? []
          : [
              put(updateKey(round), update.body),
              put(updateIndexKey(update.digest, round), NOTHING),
              put(updateSizeKey(round, update.digest), sizeOf(update.body)),
            ]),
      ]);
      await this.write([...deletions(gone), ...(dropped ? this.retention.cutAt(first) : []), ...written]);
      const end = truncate || history === undefined ? last : Math.max(last, history.last);
      this.history = { first: history?.first ?? first, last: end };
      this.keepWithinLimit();
    });
  }

  decision(round: number): Promise<Uint8Array | undefined> {
    return this.records.get(decisionKey(round));
  }

  update(round: number): Promise<Uint8Array | undefined> {
    return this.records.get(updateKey(round));
  }

  async updateByDigest(digest: Digest): Promise<Uint8Array | undefined> {
    for (const key of await this.records.keys(`${UPDATE_INDEX}${digest}/`)) {
      const update = await this.update(Number.parseInt(parts(key)[1], 16));
      if (update !== undefined) return update;
    }
    return undefined;
  }

  saveContributions(bodies: SavedBodies): Promise<void> {
    return this.inTurn(async () => {
      const { operations, wrote } = await this.contributions.of(bodies);
      await this.write(operations);
      wrote();
    });
  }

  async contribution(digest: Digest): Promise<Uint8Array | undefined> {
    const [key] = await this.records.keys(`${CONTRIBUTION}${digest}/`);
    return key === undefined ? undefined : this.records.get(key);
  }

  saveCheckpoint(checkpoint: SavedCheckpoint): Promise<void> {
    return this.inTurn(() => this.stored.save(checkpoint));
  }

  checkpoints(): Promise<number[]> {
    return this.stored.rounds();
  }

  checkpoint(round: number): Promise<SavedCheckpoint | undefined> {
    return this.stored.read(round);
  }

  aboutCheckpoint(round: number): Promise<Uint8Array | undefined> {
    return this.stored.about(round);
  }

  stateByDigest(digest: Digest): Promise<StoredState | undefined> {
    return this.stored.body(digest);
  }

  async close(): Promise<void> {
    this.closing = true;
    await this.turn;
    await this.records.close();
  }

  /** What a write reads before it (old keys to drop) must not be overtaken by another write. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async write(operations: readonly Operation[]): Promise<void> {
    const change = await this.retention.changeOf(operations);
    await this.records.write(operations);
    this.retention.changed(change);
  }

  /**
   * Drops what the limit leaves no room for, in writes of their own between the others. A fault of the disk stays with
   * the records: it refuses the next write, whoever makes it.
   */
  private keepWithinLimit(): void {
    this.inTurn(async () => {
      if (this.closing) return;
      const excess = await this.retention.excess((this.history?.last ?? -1) + 1, () => this.checkpoints());
      if (excess === undefined) return;
      await this.write(excess.operations);
      this.keepWithinLimit();
      await this.retention.dropped(excess);
    }).catch(() => undefined);
  }

  /** The decisions and updates of a round and of all after it, and the checkpoints that contain them. */
  private async following(round: number): Promise<string[]> {
    return [
      ...(await this.records.keysBetween(decisionKey(round), after(DECISION))),
      ...(await updateKeysFrom(this.records, round)),
      ...(await this.stored.keysOf((other) => other > round)),
    ];
  }

  private async listMemories(): Promise<[number, string][]> {
    const keys = await this.records.keys(MEMORY);
    return keys.filter(isMemoryKey).map((key) => [Number.parseInt(parts(key)[0], 16), key]);
  }
}

/** The keys of the updates of a round and all after it, and of their indices. */
export async function updateKeysFrom(records: SealedRecords, round: number): Promise<string[]> {
  const sizes = await records.keysBetween(roundPrefix(UPDATE_SIZE, round), after(UPDATE_SIZE));
  return [
    ...(await records.keysBetween(updateKey(round), after(UPDATE))),
    ...sizes.flatMap((key) => {
      const [at, digest] = parts(key);
      return [key, updateIndexKey(digest, Number.parseInt(at, 16))];
    }),
  ];
}

/** A value that must be there. */
async function existing(records: SealedRecords, key: string): Promise<Uint8Array> {
  const bytes = await records.get(key);
  if (bytes === undefined) throw new StoreError('damaged', `the stored value of ${key} is gone`);
  return bytes;
}

const NOTHING = new Uint8Array(0);

function put(key: string, value: Uint8Array): Operation {
  return { type: 'put', key, value };
}

function deletions(keys: readonly string[]): Operation[] {
  return keys.map((key) => ({ type: 'del', key }));
}
