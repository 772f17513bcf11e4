/** The store over sealed records: keys, batches, retention. What opening finds is in `open-records.ts`. */
import { assert } from '../foundation/assert.ts';
import { concatBytes, utf8 } from '../foundation/bytes.ts';
import type { Digest } from '../crypto/hash.ts';
import { keptCheckpoints } from './kept-checkpoints.ts';
import type { Operation } from './key-value.ts';
import {
  CHECKPOINT,
  CONTRIBUTION,
  CONTRIBUTION_INDEX,
  DECISION,
  MEMORY,
  META_DISTRUST,
  PIECE,
  UPDATE,
  UPDATE_INDEX,
  checkpointKey,
  contributionIndexKey,
  contributionKey,
  decisionKey,
  memoryKey,
  parts,
  pieceKey,
  roundPrefix,
  updateIndexKey,
  updateKey,
} from './keys.ts';
import { after, type SealedRecords } from './sealed-records.ts';
import {
  StoreError,
  type SavedCheckpoint,
  type SavedDecision,
  type SavedMemory,
  type Store,
  type StoreCondition,
} from './store.ts';

export const CHECKPOINT_PIECE_BYTES = 1 << 20;

export interface RecordStoreState {
  readonly experiment: Digest;
  readonly about: Uint8Array;
  readonly condition: StoreCondition;
  readonly history: { readonly first: number; readonly last: number } | undefined;
  readonly keepContributions: boolean;
}

export class RecordStore implements Store {
  readonly experiment: Digest;
  readonly about: Uint8Array;
  readonly condition: StoreCondition;
  readonly keepsContributions: boolean;
  history: { readonly first: number; readonly last: number } | undefined;
  private readonly records: SealedRecords;

  private turn: Promise<unknown> = Promise.resolve();

  constructor(records: SealedRecords, state: RecordStoreState) {
    this.records = records;
    this.experiment = state.experiment;
    this.about = state.about;
    this.condition = state.condition;
    this.history = state.history;
    this.keepsContributions = state.keepContributions;
  }

  saveMemory({ round, anchor, bytes }: SavedMemory, forgetBelow: number): Promise<void> {
    return this.inTurn(async () => {
      const old = await this.records.keysBetween(MEMORY, roundPrefix(MEMORY, forgetBelow));
      await this.records.write([...deletions(old), put(memoryKey(round, anchor), bytes)]);
    });
  }

  async memories(): Promise<SavedMemory[]> {
    const memories: SavedMemory[] = [];
    for (const key of await this.records.keys(MEMORY)) {
      const [round, anchor] = parts(key);
      memories.push({ round: Number.parseInt(round, 16), anchor, bytes: await this.existing(key) });
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
          : [put(updateKey(round), update.body), put(updateIndexKey(update.digest, round), NOTHING)]),
      ]);
      await this.records.write([...deletions(gone), ...written]);
      const end = truncate || history === undefined ? last : Math.max(last, history.last);
      this.history = { first: history?.first ?? first, last: end };
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

  saveContribution(round: number, digest: Digest, body: Uint8Array, forgetBelow: number): Promise<void> {
    return this.inTurn(async () => {
      const old = this.keepsContributions ? [] : await this.contributionsBelow(forgetBelow);
      await this.records.write([
        ...deletions(old),
        put(contributionIndexKey(round, digest), NOTHING),
        put(contributionKey(digest, round), body),
      ]);
    });
  }

  async contribution(digest: Digest): Promise<Uint8Array | undefined> {
    const [key] = await this.records.keys(`${CONTRIBUTION}${digest}/`);
    return key === undefined ? undefined : this.records.get(key);
  }

  saveCheckpoint({ round, bytes }: SavedCheckpoint): Promise<void> {
    return this.inTurn(async () => {
      const count = Math.ceil(bytes.length / CHECKPOINT_PIECE_BYTES);
      await this.records.write(deletions(await this.checkpointKeys((other) => other === round)), false);
      for (let i = 0; i < count; i++) {
        const piece = bytes.subarray(i * CHECKPOINT_PIECE_BYTES, (i + 1) * CHECKPOINT_PIECE_BYTES);
        await this.records.write([put(pieceKey(round, i), piece)]);
      }
      const kept = keptCheckpoints([round, ...(await this.checkpoints())]);
      const old = await this.checkpointKeys((other) => other !== round && !kept.has(other));
      await this.records.write([
        ...deletions(old),
        put(checkpointKey(round), utf8(JSON.stringify({ pieces: count, byteLength: bytes.length }))),
      ]);
    });
  }

  async checkpoints(): Promise<number[]> {
    const keys = await this.records.keys(CHECKPOINT);
    return keys.map((key) => Number.parseInt(parts(key)[0], 16)).reverse();
  }

  async checkpoint(round: number): Promise<Uint8Array | undefined> {
    const info = await this.records.get(checkpointKey(round));
    if (info === undefined) return undefined;
    const { pieces, byteLength } = JSON.parse(Buffer.from(info).toString()) as Record<string, number>;
    const read = Array.from({ length: pieces ?? 0 }, (_, i) => this.existing(pieceKey(round, i)));
    const bytes = concatBytes(...(await Promise.all(read)));
    if (bytes.length !== byteLength) {
      throw new StoreError('damaged', `the checkpoint of round ${round} has ${bytes.length} bytes`);
    }
    return bytes;
  }

  async close(): Promise<void> {
    await this.turn;
    await this.records.close();
  }

  /** What a write reads before it (old keys to drop) must not be overtaken by another write. */
  private inTurn(work: () => Promise<void>): Promise<void> {
    const done = this.turn.then(work);
    this.turn = done.catch(() => undefined);
    return done;
  }

  private async existing(key: string): Promise<Uint8Array> {
    const bytes = await this.records.get(key);
    if (bytes === undefined) throw new StoreError('damaged', `the stored value of ${key} is gone`);
    return bytes;
  }

  /** The decisions and updates of a round and of all after it, and the checkpoints that contain them. */
  private async following(round: number): Promise<string[]> {
    return [
      ...(await this.records.keysBetween(decisionKey(round), after(DECISION))),
      ...(await this.records.keysBetween(updateKey(round), after(UPDATE))),
      ...(await this.records.keys(UPDATE_INDEX)).filter((key) => Number.parseInt(parts(key)[1], 16) >= round),
      ...(await this.checkpointKeys((other) => other > round)),
    ];
  }

  private async checkpointKeys(concerns: (round: number) => boolean): Promise<string[]> {
    const keys = [...(await this.records.keys(CHECKPOINT)), ...(await this.records.keys(PIECE))];
    return keys.filter((key) => concerns(Number.parseInt(parts(key)[0], 16)));
  }

  /** The keys of contributions of rounds below one, and of their index. */
  private async contributionsBelow(round: number): Promise<string[]> {
    const index = await this.records.keysBetween(CONTRIBUTION_INDEX, roundPrefix(CONTRIBUTION_INDEX, round));
    return index.flatMap((key) => {
      const [old, digest] = parts(key);
      return [key, contributionKey(digest, Number.parseInt(old, 16))];
    });
  }
}

const NOTHING = new Uint8Array(0);

function put(key: string, value: Uint8Array): Operation {
  return { type: 'put', key, value };
}

function deletions(keys: readonly string[]): Operation[] {
  return keys.map((key) => ({ type: 'del', key }));
}
