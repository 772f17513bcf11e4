/**
 * A disk in memory. A write is on it after its virtual delay and atomically; a crash before that loses it, which is
 * what persist-before-publish has to live with. What is not written here is in memory only and gone after a crash:
 * updates before their decision is stored, bodies in the cache, openings, decisions that were only heard. Of updates it
 * keeps no more than it must (`kept-history.ts`).
 */
import { bodyDigest, pieceList, pieceOf } from '../src/crypto/body-digest.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { PartialBody } from '../src/network/transport.ts';
import type { Chain } from '../src/protocol/chain/chain.ts';
import type { RoundMemory } from '../src/protocol/saved-state.ts';
import { historyStart, keptCheckpoints } from '../src/storage/kept-checkpoints.ts';
import { spareBelow, type Keep } from '../src/storage/kept-history.ts';
import type {
  LedgerPort,
  LoadedLedger,
  StoredBody,
  StoredCheckpoint,
  BodyOnDisk,
  StoredDecision,
} from '../src/driver/ledger-port.ts';

const KEEP_LEAST: Keep = { limit: { kind: 'rounds', rounds: 1 }, leastRounds: 1 };

/** What survives a crash. */
export class SimulatedDisk {
  readonly memories = new Map<Digest, RoundMemory>();
  readonly contributions = new Map<Digest, { readonly round: number; readonly body: Uint8Array }>();
  readonly decisions = new Map<number, StoredDecision>();
  readonly updates = new Map<number, Uint8Array>();
  readonly updateRounds = new Map<Digest, number>();
  readonly checkpoints = new Map<number, StoredCheckpoint>();
  /** The state that is being fetched, and the round that starts from it. */
  unfinished: { readonly round: number; readonly digest: Digest } | undefined;
  amnesiac = false;
}

export interface LedgerFaults {
  /** What a round's memory becomes on the disk: undefined where it is not written at all. */
  readonly remembers?: (memory: RoundMemory) => RoundMemory | undefined;
}

export class SimulatedLedger implements LedgerPort {
  readonly disk: SimulatedDisk;
  private readonly checkpointRounds: number;
  private readonly write: (land: () => void, done: () => void) => void;
  private readonly faults: LedgerFaults;
  private readonly onDecision: (stored: StoredDecision) => void;
  private readonly afterRead: (answer: () => void) => void;
  /** What the next memory takes along; in this process's memory, so a crash loses it. */
  private readonly held: {
    readonly round: number;
    readonly contributions: readonly StoredBody[];
    readonly forgetBelow: number;
  }[] = [];

  constructor(
    disk: SimulatedDisk,
    checkpointRounds: number,
    /** Lands the write after its delay, then answers; a crash may come before, between and after. */
    write: (land: () => void, done: () => void) => void,
    faults: LedgerFaults = {},
    onDecision: (stored: StoredDecision) => void = () => {},
    /** Answers a question about what is stored after the time that a disk takes for it: what is there by then. */
    afterRead: (answer: () => void) => void = (answer) => answer(),
  ) {
    this.disk = disk;
    this.checkpointRounds = checkpointRounds;
    this.write = write;
    this.faults = faults;
    this.onDecision = onDecision;
    this.afterRead = afterRead;
  }

  load(done: (loaded: LoadedLedger) => void): void {
    const { disk } = this;
    const head = Math.max(-1, ...disk.decisions.keys()) + 1;
    const start = historyStart([...disk.checkpoints.keys()], head, this.checkpointRounds);
    const first = start === undefined ? undefined : disk.checkpoints.get(start);
    const decisions: StoredDecision[] = [];
    for (let round = first?.chain.round ?? 0; ; round++) {
      const stored = disk.decisions.get(round);
      if (stored === undefined) break;
      decisions.push(stored);
    }
    const { amnesiac } = disk;
    done({ chain: first?.chain, decisions, memories: [...disk.memories.values()], amnesiac });
  }

  private newestCheckpoint(atMostRound: number): StoredCheckpoint | undefined {
    let newest: StoredCheckpoint | undefined;
    for (const found of this.disk.checkpoints.values()) {
      const { round } = found.chain;
      if (round <= atMostRound && round >= (newest?.chain.round ?? 0)) newest = found;
    }
    return newest;
  }

  saveMemory(memory: RoundMemory, forgetBelow: number, done: () => void): void {
    const held = this.held.splice(0);
    this.write(() => {
      for (const { round, contributions, forgetBelow: oldest } of held)
        this.land(round, contributions, oldest);
      const { remembers } = this.faults;
      const kept = remembers === undefined ? memory : remembers(memory);
      if (kept !== undefined) this.disk.memories.set(memory.anchor, kept);
      for (const [anchor, { round }] of this.disk.memories) {
        if (round < forgetBelow) this.disk.memories.delete(anchor);
      }
    }, done);
  }

  holdContributions(round: number, contributions: readonly StoredBody[], forgetBelow: number): void {
    this.held.push({ round, contributions, forgetBelow });
  }

  saveContributions(
    round: number,
    contributions: readonly StoredBody[],
    forgetBelow: number,
    done: () => void,
  ): void {
    this.write(() => this.land(round, contributions, forgetBelow), done);
  }

  private land(round: number, contributions: readonly StoredBody[], forgetBelow: number): void {
    for (const { digest, body } of contributions) this.disk.contributions.set(digest, { round, body });
    for (const [old, entry] of this.disk.contributions) {
      if (entry.round < forgetBelow) this.disk.contributions.delete(old);
    }
  }

  contribution(digest: Digest, done: (body: Uint8Array | undefined) => void): void {
    this.afterRead(() => done(this.disk.contributions.get(digest)?.body));
  }

  saveDecision(
    stored: StoredDecision,
    update: Uint8Array | undefined,
    truncate: boolean,
    done: () => void,
  ): void {
    this.write(() => {
      const { round } = stored.decision.value;
      const { decisions, updates, checkpoints, updateRounds } = this.disk;
      if (truncate) {
        for (const later of [...decisions.keys()].filter((known) => known >= round)) {
          decisions.delete(later);
          updates.delete(later);
        }
        for (const later of checkpoints.keys()) if (later > round) checkpoints.delete(later);
      }
      decisions.set(round, stored);
      if (update !== undefined) {
        updates.set(round, update);
        updateRounds.set(bodyDigest(update), round);
      }
      this.dropUpdates(round + 1);
      this.onDecision(stored);
    }, done);
  }

  private dropUpdates(next: number): void {
    const { updates, updateRounds, checkpoints } = this.disk;
    const spare = spareBelow(KEEP_LEAST, [...checkpoints.keys()], next);
    for (const round of updates.keys()) if (round < spare) updates.delete(round);
    for (const [digest, round] of updateRounds) if (round < spare) updateRounds.delete(digest);
  }

  decisions(fromRound: number, limit: number, done: (decisions: readonly StoredDecision[]) => void): void {
    this.afterRead(() => {
      const found: StoredDecision[] = [];
      for (let round = fromRound; found.length < limit; round++) {
        const stored = this.disk.decisions.get(round);
        if (stored === undefined) break;
        found.push(stored);
      }
      done(found);
    });
  }

  update(round: number, done: (update: Uint8Array | undefined) => void): void {
    this.afterRead(() => done(this.disk.updates.get(round)));
  }

  updateByDigest(digest: Digest, done: (update: Uint8Array | undefined) => void): void {
    this.afterRead(() => {
      const update = this.disk.updates.get(this.disk.updateRounds.get(digest) ?? -1);
      done(update !== undefined && bodyDigest(update) === digest ? update : undefined);
    });
  }

  trustMemories(done: () => void): void {
    this.write(() => {
      this.disk.amnesiac = false;
    }, done);
  }

  saveCheckpoint(chain: Chain, state: Uint8Array, done: () => void): void {
    this.write(() => {
      this.disk.checkpoints.set(chain.round, { chain, state });
      const rounds = [...this.disk.checkpoints.keys()];
      const kept = keptCheckpoints(rounds);
      for (const round of rounds) if (!kept.has(round)) this.disk.checkpoints.delete(round);
      const { unfinished } = this.disk;
      if (unfinished !== undefined && unfinished.round <= chain.round) this.disk.unfinished = undefined;
    }, done);
  }

  unfinishedState(): Digest | undefined {
    return this.disk.unfinished?.digest;
  }

  /** Remembers what was begun; a simulated state has one piece, so there is nothing to go on with. */
  partialState({ round, applicationDigest: digest }: Chain): PartialBody {
    const { disk } = this;
    return {
      list: () => Promise.resolve(undefined),
      read: () => Promise.resolve(),
      begin: () => void (disk.unfinished = { round, digest }),
      keep: () => undefined,
    };
  }

  checkpoint(atMostRound: number, done: (found: StoredCheckpoint | undefined) => void): void {
    this.afterRead(() => done(this.newestCheckpoint(atMostRound)));
  }

  storedBody(digest: Digest, done: (body: BodyOnDisk | undefined) => void): void {
    const holds = ({ chain }: StoredCheckpoint): boolean => chain.applicationDigest === digest;
    this.afterRead(() => {
      const found = [...this.disk.checkpoints.values()].find(holds);
      done(found && onDisk(found.state));
    });
  }
}

export function onDisk(body: Uint8Array): BodyOnDisk {
  return {
    byteLength: body.length,
    list: pieceList(body),
    piece: (index, done) => done(pieceOf(body, index)),
  };
}
