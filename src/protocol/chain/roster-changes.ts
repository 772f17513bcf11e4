/**
 * Which joins, leaves and convictions may stand in a value, signatures aside: evidence first, then leaves, then joins,
 * each kind within its bound, by peer id. The proposer that selects them and the members that check them ask the same
 * function.
 */
import { MAX_EVIDENCE_PER_VALUE, MAX_JOINS_PER_VALUE, MAX_LEAVES_PER_VALUE } from '../../messages/limits.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { Roster } from './chain.ts';
import type { ProtocolConfig } from '../config.ts';
import { CHANGE_LIFETIME_ROUNDS } from '../limits.ts';
import { hasSeat, heardIn, servingIn } from './roster.ts';

type Kind = RosterChange['kind'];

const ORDER: { readonly [K in Kind]: number } = { evidence: 0, leave: 1, join: 2 };
const BOUNDS: { readonly [K in Kind]: number } = {
  evidence: MAX_EVIDENCE_PER_VALUE,
  leave: MAX_LEAVES_PER_VALUE,
  join: MAX_JOINS_PER_VALUE,
};

/** The one order of changes in a value. */
export function inChangeOrder(a: RosterChange, b: RosterChange): number {
  return ORDER[a.kind] - ORDER[b.kind] || (a.peer < b.peer ? -1 : a.peer > b.peer ? 1 : 0);
}

/**
 * Whether a change may stand in a value of this round: it does something, and a wish is recent. A wish names the round
 * in which it was signed; a replayed one is too old.
 */
export function isEffective(
  config: ProtocolConfig,
  roster: Roster,
  round: number,
  change: RosterChange,
): boolean {
  switch (change.kind) {
    case 'evidence':
      return heardIn(roster).has(change.peer);
    case 'leave':
      return hasSeat(roster, change.peer) && isRecent(change.round, round);
    case 'join':
      return (
        !hasSeat(roster, change.peer) &&
        !roster.excluded.includes(change.peer) &&
        roster.seats.length < config.maxPeers &&
        isRecent(change.round, round)
      );
  }
}

function isRecent(signedIn: number, round: number): boolean {
  return signedIn <= round && round - signedIn <= CHANGE_LIFETIME_ROUNDS;
}

/**
 * Of the candidates, in their order, those that may stand in one value together: effective, one per peer, each kind
 * within its bound, no more joins than free seats; and somebody keeps a seat, and somebody serves.
 */
export function admissible(
  config: ProtocolConfig,
  roster: Roster,
  round: number,
  candidates: Iterable<RosterChange>,
): RosterChange[] {
  const room = { ...BOUNDS, join: Math.min(BOUNDS.join, config.maxPeers - roster.seats.length) };
  const serving = servingIn(roster);
  let removable = roster.seats.length - 1;
  let convictable = serving.size - 1;
  const seen = new Set<PeerId>();
  const taken: RosterChange[] = [];
  for (const change of candidates) {
    const { kind, peer } = change;
    const costsSeat = kind !== 'join' && hasSeat(roster, peer);
    const costsServer = kind === 'evidence' && serving.has(peer);
    if (seen.has(peer) || room[kind] === 0) continue;
    if ((costsSeat && removable === 0) || (costsServer && convictable === 0)) continue;
    if (!isEffective(config, roster, round, change)) continue;
    seen.add(peer);
    room[kind] -= 1;
    if (costsSeat) removable -= 1;
    if (costsServer) convictable -= 1;
    taken.push(change);
  }
  return taken;
}

/** Whether a value's changes may stand as they are: in order, and all of them together. */
export function areAdmissible(
  config: ProtocolConfig,
  roster: Roster,
  round: number,
  changes: readonly RosterChange[],
): boolean {
  const inOrder = changes.every((change, i) => i === 0 || inChangeOrder(changes[i - 1]!, change) < 0);
  return inOrder && admissible(config, roster, round, changes).length === changes.length;
}
