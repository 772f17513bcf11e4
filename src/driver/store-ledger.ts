/** The ledger of a real peer: `Store` behind callbacks. A failed write stops the peer: it must not sign on. */
import { PIECE_DIGEST_BYTES, pieceCount } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import { RecordCodec } from '../messages/record-codec.ts';
import type { MessageLimits } from '../messages/limits.ts';
import type { Chain } from '../protocol/chain/chain.ts';
import type { RoundMemory } from '../protocol/saved-state.ts';
import { historyStart } from '../storage/kept-checkpoints.ts';
import type { PartialBody } from '../network/transport.ts';
import type { PartialState } from '../storage/partial-state.ts';
import type { SavedBodies, Store, StoredState } from '../storage/store.ts';
import type {
  BodyOnDisk,
  LedgerPort,
  LoadedLedger,
  StoredBody,
  StoredCheckpoint,
  StoredDecision,
} from './ledger-port.ts';
import { StoredHistory } from './stored-history.ts';

export class StoreLedger implements LedgerPort {
  private readonly store: Store;
  private readonly codec: RecordCodec;
  private readonly history: StoredHistory;
  private readonly onFailure: (error: unknown) => void;
  private readonly fresh: boolean;
  private readonly partial: PartialState | undefined;
  private readonly checkpointRounds: number;
  /** What the next memory takes along. */
  private readonly held: SavedBodies[] = [];

  /**
   * `fresh`: the key was made together with this ledger, so an empty one is no lost disk. `partial` keeps what has come of
   * a state.
   */
  constructor(
    store: Store,
    limits: MessageLimits & { readonly checkpointRounds: number },
    options: { readonly fresh: boolean; readonly partial?: PartialState | undefined },
    onFailure: (error: unknown) => void,
  ) {
    this.store = store;
    this.codec = new RecordCodec(limits);
    this.checkpointRounds = limits.checkpointRounds;
    // an older checkpoint, or another peer's decisions, will do
    this.history = new StoredHistory(store, limits, { onDamage: () => undefined });
    this.fresh = options.fresh;
    this.partial = options.partial;
    this.onFailure = onFailure;
  }

  get keepsContributions(): boolean {
    return this.store.keepsContributions;
  }

  private settle<T>(work: Promise<T>, done: (result: T) => void): void {
    work.then(done).catch(this.onFailure);
  }

  load(done: (loaded: LoadedLedger) => void): void {
    this.settle(this.read(), done);
  }

  private async read(): Promise<LoadedLedger> {
    const { store, codec } = this;
    const { checkpoint, decisions } = await this.readHistory();
    const memories: RoundMemory[] = [];
    for (const { bytes } of await store.memories()) {
      const memory = codec.decodeMemory(bytes);
      if (memory !== undefined) memories.push(memory);
    }
    const lost = store.condition.fresh ? !this.fresh : !store.condition.memoriesIntact;
    return { chain: checkpoint?.chain, decisions, memories, amnesiac: lost };
  }

  private async readHistory(): Promise<{
    readonly checkpoint: StoredCheckpoint | undefined;
    readonly decisions: readonly StoredDecision[];
  }> {
    const { store } = this;
    const newest = await this.history.newestCheckpoint(Infinity);
    const head = (store.history?.last ?? -1) + 1;
    const start = historyStart(await store.checkpoints(), head, this.checkpointRounds);
    const older = start === undefined ? undefined : await this.history.newestCheckpoint(start);
    if (older !== undefined && newest !== undefined) {
      const decisions = await this.readDecisions(older.chain.round, Infinity);
      if (older.chain.round + decisions.length >= newest.chain.round) return { checkpoint: older, decisions };
    }
    return { checkpoint: newest, decisions: await this.readDecisions(newest?.chain.round ?? 0, Infinity) };
  }

  private async readDecisions(from: number, limit: number): Promise<StoredDecision[]> {
    const found: StoredDecision[] = [];
    if (limit === 0) return found;
    for await (const stored of this.history.decisions(from)) {
      found.push(stored);
      if (found.length === limit) break;
    }
    return found;
  }

  saveMemory(memory: RoundMemory, forgetBelow: number, done: () => void): void {
    const { round, anchor } = memory;
    const bytes = this.codec.encodeMemory(memory);
    const held = this.held.splice(0);
    this.settle(this.store.saveMemory({ round, anchor, bytes }, Math.max(0, forgetBelow), held), done);
  }

  holdContributions(round: number, contributions: readonly StoredBody[], forgetBelow: number): void {
    this.held.push({ round, contributions, forgetBelow: Math.max(0, forgetBelow) });
  }

  trustMemories(done: () => void): void {
    this.settle(this.store.trustMemories(), done);
  }

  saveContributions(
    round: number,
    contributions: readonly StoredBody[],
    forgetBelow: number,
    done: () => void,
  ): void {
    const bodies = { round, contributions, forgetBelow: Math.max(0, forgetBelow) };
    this.settle(this.store.saveContributions(bodies), done);
  }

  contribution(digest: Digest, done: (body: Uint8Array | undefined) => void): void {
    this.settle(
      this.store.contribution(digest).catch(() => undefined),
      done,
    );
  }

  saveDecision(
    stored: StoredDecision,
    update: Uint8Array | undefined,
    truncate: boolean,
    done: () => void,
  ): void {
    const { round } = stored.decision.value;
    const { updateDigest } = stored.decision.outcome;
    const saved = {
      round,
      decision: this.codec.encodeDecision(stored),
      ...(update === undefined ? {} : { update: { digest: updateDigest, body: update } }),
    };
    this.settle(this.store.saveDecisions([saved], truncate), done);
  }

  decisions(fromRound: number, limit: number, done: (decisions: readonly StoredDecision[]) => void): void {
    this.settle(this.readDecisions(fromRound, limit), done);
  }

  update(round: number, done: (update: Uint8Array | undefined) => void): void {
    this.settle(
      this.store.update(round).catch(() => undefined),
      done,
    );
  }

  updateByDigest(digest: Digest, done: (update: Uint8Array | undefined) => void): void {
    this.settle(
      this.store.updateByDigest(digest).catch(() => undefined),
      done,
    );
  }

  saveCheckpoint(chain: Chain, state: Uint8Array, done: () => void): void {
    const about = this.codec.encodeChain(chain);
    const saved = this.store.saveCheckpoint({ round: chain.round, about, state });
    this.settle(
      saved.then(() => this.partial?.dropUpTo(chain.round)),
      done,
    );
  }

  unfinishedState(): Digest | undefined {
    return this.partial?.unfinished?.digest;
  }

  partialState({ round, applicationDigest }: Chain, byteLength: number): PartialBody | undefined {
    return this.partial?.of(
      { round, digest: applicationDigest },
      pieceCount(byteLength) * PIECE_DIGEST_BYTES,
    );
  }

  storedBody(digest: Digest, done: (body: BodyOnDisk | undefined) => void): void {
    this.settle(
      this.store.stateByDigest(digest).catch(() => undefined),
      (found) => done(found && this.onDisk(found)),
    );
  }

  private onDisk(state: StoredState): BodyOnDisk {
    const { byteLength, list } = state;
    return {
      byteLength,
      list,
      piece: (index, done) =>
        this.settle(
          state.piece(index).catch(() => undefined),
          done,
        ),
    };
  }

  checkpoint(atMostRound: number, done: (found: StoredCheckpoint | undefined) => void): void {
    this.settle(this.history.newestCheckpoint(atMostRound), done);
  }
}
