/**
 * Checks who is drawn, from decided changes alone: nobody who had no seat when the delay began (a seed that decides a
 * draw must not be known to whoever changes what it is drawn from), and nobody who is convicted. Knows nothing of the
 * machine's roster; seats lost by absence it does not follow, so it allows what the protocol allows, and somewhat more.
 */
import type { Digest } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { UnverifiedDecision } from '../src/messages/decision.ts';
import type { RosterChange } from '../src/messages/roster-change.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import type { RoundReport } from '../src/protocol/effect.ts';

/** A state of the chain. */
interface Known {
  readonly seats: ReadonlySet<PeerId>;
  readonly convicted: ReadonlySet<PeerId>;
  readonly before: Known | undefined;
}

export class DrawChecker {
  private readonly delayRounds: number;
  private readonly genesis: Known;
  private readonly changes = new Map<string, readonly RosterChange[]>();
  private readonly states = new Map<Digest, Known>();

  constructor(config: Pick<ProtocolConfig, 'genesis' | 'changeDelayRounds'>) {
    this.delayRounds = config.changeDelayRounds;
    this.genesis = { seats: new Set(config.genesis.peers), convicted: new Set(), before: undefined };
  }

  stored({ value, certificate }: UnverifiedDecision): void {
    this.changes.set(slotOf({ ...value, attempt: certificate.attempt }), value.changes);
  }

  /** What is wrong with the draw of a decided round; undefined where nothing is, or where the round before is not known. */
  decided(report: RoundReport): string | undefined {
    const { round, anchor, stateDigest, cohort, committee } = report;
    const state = round === 0 ? this.genesis : this.states.get(anchor);
    const changes = this.changes.get(slotOf(report));
    if (state === undefined || changes === undefined) return undefined;
    if (!this.states.has(stateDigest)) this.states.set(stateDigest, extend(state, changes));
    let began = state;
    for (let i = 1; i < this.delayRounds && began.before !== undefined; i++) began = began.before;
    for (const peer of new Set([...committee, ...cohort])) {
      if (state.convicted.has(peer)) return `round ${round}: ${peer} serves, though it is convicted`;
      if (!began.seats.has(peer)) {
        return `round ${round}: ${peer} serves, though it had no seat ${this.delayRounds - 1} rounds before`;
      }
    }
    return undefined;
  }
}

function slotOf({ round, anchor, attempt }: Pick<RoundReport, 'round' | 'anchor' | 'attempt'>): string {
  return `${round}:${anchor}:${attempt}`;
}

function extend(before: Known, changes: readonly RosterChange[]): Known {
  if (changes.length === 0) return { ...before, before };
  const seats = new Set(before.seats);
  const convicted = new Set(before.convicted);
  for (const { kind, peer } of changes) {
    if (kind === 'join') seats.add(peer);
    else seats.delete(peer);
    if (kind === 'evidence') convicted.add(peer);
  }
  return { seats, convicted, before };
}
