/**
 * What must never happen, checked beside the simulation by code that shares nothing with the machine's own decisions.
 * A violation is a sentence; the first ones are kept.
 */
import { roundBodyBytes } from '../src/driver/limits.ts';
import { beaconInput, nextSeed } from '../src/crypto/beacon.ts';
import type { HeldTable } from '../src/foundation/held-table.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import { equalBytes, toHex } from '../src/foundation/bytes.ts';
import type { Report, RoundReport } from '../src/protocol/effect.ts';
import { SETTLEMENT_ROUNDS } from '../src/protocol/limits.ts';
import { PROTOCOL_TABLES } from '../src/protocol/tables.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import type { StoredDecision } from '../src/driver/ledger-port.ts';
import { DrawChecker } from './draw-checker.ts';
import { fakeVerifyRandomness } from './fake-schemes.ts';

const MAX_VIOLATIONS = 10;

export class Checkers {
  readonly violations: string[] = [];
  private readonly config: ProtocolConfig;
  private readonly draws: DrawChecker;
  private readonly honest: ReadonlySet<PeerId>;
  private readonly certified = new Map<string, Digest>();
  /** Of each adopted state: the state before it, and the last attempt in which it was certified. */
  private readonly origins = new Map<Digest, { readonly anchor: Digest; readonly attempt: number }>();
  /** Per round and state: the honest peers that have adopted it at some time. */
  private readonly adopters = new Map<number, Map<Digest, Set<PeerId>>>();
  private readonly chains = new Map<PeerId, Map<number, Digest>>();
  private readonly heads = new Map<PeerId, number>();
  private readonly seeds = new Map<string, Uint8Array>();
  private readonly seen = new WeakSet<object>();
  steppedBack = 0;
  attemptsOpened = 0;
  maxView = 0;

  constructor(config: ProtocolConfig, honest: readonly PeerId[]) {
    this.config = config;
    this.honest = new Set(honest);
    this.draws = new DrawChecker(config);
  }

  private violate(sentence: string): void {
    if (this.violations.length < MAX_VIOLATIONS) this.violations.push(sentence);
  }

  decided(peer: PeerId, report: RoundReport): void {
    const { round, attempt, view, anchor, stateDigest, servingSize } = report;
    this.maxView = Math.max(this.maxView, view);
    const slot = `${round}:${anchor}:${attempt}`;
    const known = this.certified.get(slot);
    if (known !== undefined && known !== stateDigest) {
      this.violate(`round ${round}, attempt ${attempt}: certified for ${known} and for ${stateDigest}`);
    }
    this.certified.set(slot, stateDigest);
    const latest = Math.max(attempt, this.origins.get(stateDigest)?.attempt ?? 0);
    this.origins.set(stateDigest, { anchor, attempt: latest });
    const states = this.adopters.get(round) ?? new Map<Digest, Set<PeerId>>();
    this.adopters.set(round, states);
    const adopters = states.get(stateDigest) ?? new Set<PeerId>();
    states.set(stateDigest, adopters.add(peer));
    for (const [state, peers] of states) {
      if (state !== stateDigest && 3 * peers.size > 2 * servingSize && !this.isVoidedBy(stateDigest, state)) {
        this.violate(
          `round ${round}: ${peer} adopted ${stateDigest} after more than two thirds adopted ${state}`,
        );
      }
    }
    const chain = this.chains.get(peer) ?? new Map<number, Digest>();
    this.chains.set(peer, chain.set(round, stateDigest));
    this.heads.set(peer, round + 1);
    const drawn = this.draws.decided(report);
    if (drawn !== undefined) this.violate(drawn);
  }

  /**
   * Whether the state follows from a lower attempt than the other one, where they part. A peer that has not heard of the
   * higher attempt may still adopt it, and has to step back: `compareChains` looks whether it did.
   */
  private isVoidedBy(state: Digest, other: Digest): boolean {
    let [own, others] = [this.origins.get(state), this.origins.get(other)];
    while (own !== undefined && others !== undefined && own.anchor !== others.anchor) {
      [own, others] = [this.origins.get(own.anchor), this.origins.get(others.anchor)];
    }
    return own !== undefined && others !== undefined && own.attempt < others.attempt;
  }

  reported(peer: PeerId, report: Report): void {
    switch (report.event) {
      case 'convicted':
        if (this.honest.has(report.evidence.peer)) {
          this.violate(`${peer} holds evidence against the honest ${report.evidence.peer}`);
        }
        return;
      case 'excluded':
        if (this.honest.has(report.peer)) this.violate(`the honest ${report.peer} was excluded`);
        return;
      case 'diverged':
        this.violate(`${peer} computed ${report.actual} in round ${report.round}, not ${report.expected}`);
        return;
      case 'fork':
        this.violate(`${peer} saw two values certified in round ${report.round}`);
        return;
      case 'stepped-back':
        this.steppedBack += 1;
        if (report.fromRound - report.toRound > SETTLEMENT_ROUNDS) {
          this.violate(`${peer} stepped back from ${report.fromRound} to ${report.toRound}`);
        }
        this.leaves(peer, report.toRound);
        return;
      case 'attempt-opened':
        this.attemptsOpened += 1;
        return;
      default:
        return;
    }
  }

  /**
   * What the peer decided from this round on is void. What it adopts instead it may put on its disk and crash before it
   * says so; the next round's anchor tells of it then.
   */
  private leaves(peer: PeerId, round: number): void {
    const chain = this.chains.get(peer);
    for (const decided of chain?.keys() ?? []) if (decided >= round) chain?.delete(decided);
    this.heads.set(peer, Math.min(round, this.heads.get(peer) ?? 0));
  }

  /** An honest peer put a decision on its disk: the beacon must have gone its way. */
  stored({ decision, seed }: StoredDecision): void {
    if (this.seen.has(decision)) return;
    this.seen.add(decision);
    this.draws.stored(decision);
    const { round, author, beaconProof, anchor } = decision.value;
    const input = beaconInput(this.config.experiment, seed, round);
    const output = fakeVerifyRandomness(author, input, beaconProof);
    if (output === undefined) {
      return this.violate(`round ${round}: decided with a beacon proof that is not its author's`);
    }
    // what the next round on this state is to be drawn with
    const expected = nextSeed(seed, round, output);
    const next = this.certified.get(`${round}:${anchor}:${decision.certificate.attempt}`);
    if (next !== undefined) this.seeds.set(next, expected);
    const due = this.seeds.get(anchor);
    if (due !== undefined && !equalBytes(due, seed)) {
      this.violate(`round ${round}: played with seed ${toHex(seed)}, not ${toHex(due)}`);
    }
  }

  /** A restarted peer has its application where its disk says. */
  restarted(peer: PeerId, round: number): void {
    const before = this.heads.get(peer) ?? 0;
    if (round < before) this.violate(`${peer} came back at round ${round}, having decided ${before}`);
  }

  /** Queues against their named limits. */
  measured(peer: PeerId, sizes: Readonly<Record<string, number>>): void {
    for (const [name, size] of Object.entries(sizes)) {
      const limit = (PROTOCOL_TABLES as Readonly<Record<string, HeldTable>>)[name]?.bound({
        ...this.config,
        roundBodyBytes: roundBodyBytes(this.config, this.config.maxPeers),
      });
      if (limit === undefined || size > limit)
        this.violate(`${peer}: queue ${name} holds ${size}, limit ${limit}`);
    }
  }

  /**
   * At the end: every two honest peers agree on every round that both have. Who is gone for good cannot step back any
   * more from a decision that was voided.
   */
  compareChains(gone: ReadonlySet<PeerId> = new Set()): void {
    const agreed = new Map<number, { readonly peer: PeerId; readonly state: Digest }>();
    for (const [peer, chain] of this.chains) {
      if (gone.has(peer)) continue;
      const head = this.heads.get(peer) ?? 0;
      for (const [round, state] of chain) {
        if (round >= head) continue;
        const known = agreed.get(round);
        if (known === undefined) agreed.set(round, { peer, state });
        else if (known.state !== state) {
          this.violate(`round ${round}: ${peer} ends on ${state}, ${known.peer} on ${known.state}`);
        }
      }
    }
  }

  headOf(peer: PeerId): number {
    return this.heads.get(peer) ?? 0;
  }
}
