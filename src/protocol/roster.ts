/**
 * How a certified round changes who may be sampled: joins, leaves and convictions that the value carries, and seats
 * lost by missing cohorts. Pure; every peer computes the same roster.
 */
import { digestOf, type Digest, type HashPart } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { RosterChange } from '../messages/roster-change.ts';
import type { Roster, Seat } from './chain.ts';
import type { ProtocolConfig } from './config.ts';
import { CHANGE_LIFETIME_ROUNDS } from './limits.ts';

export function genesisRoster(peers: readonly PeerId[]): Roster {
  return { seats: [...peers].sort().map((peer) => ({ peer, missedCohorts: 0 })), excluded: [] };
}

const peersOf = new WeakMap<Roster, readonly PeerId[]>();
const seatOf = new WeakMap<Roster, ReadonlyMap<PeerId, Seat>>();
const digests = new WeakMap<Roster, Digest>();

export function peersIn(roster: Roster): readonly PeerId[] {
  let peers = peersOf.get(roster);
  if (peers === undefined) peersOf.set(roster, (peers = roster.seats.map(({ peer }) => peer)));
  return peers;
}

export function hasSeat(roster: Roster, peer: PeerId): boolean {
  let seats = seatOf.get(roster);
  if (seats === undefined) {
    seatOf.set(roster, (seats = new Map(roster.seats.map((seat) => [seat.peer, seat]))));
  }
  return seats.has(peer);
}

export function rosterDigest(roster: Roster): Digest {
  let digest = digests.get(roster);
  if (digest === undefined) {
    const parts: HashPart[] = [roster.seats.length];
    for (const { peer, missedCohorts } of roster.seats) parts.push(peer, missedCohorts);
    digest = digestOf('synod/roster', ...parts, ...roster.excluded);
    digests.set(roster, digest);
  }
  return digest;
}

/**
 * Whether a change may stand in a value of this round, signatures aside: it does something, and a wish is recent. A
 * wish names the round in which it was signed; a replayed one is too old.
 */
export function isEffective(
  config: ProtocolConfig,
  roster: Roster,
  round: number,
  change: RosterChange,
): boolean {
  switch (change.kind) {
    case 'evidence':
      return hasSeat(roster, change.peer);
    case 'leave':
      return hasSeat(roster, change.peer) && roster.seats.length > 1 && isRecent(change.round, round);
    case 'join':
      return (
        !hasSeat(roster, change.peer) &&
        !roster.excluded.includes(change.peer) &&
        roster.seats.length + roster.excluded.length < config.maxPeers &&
        isRecent(change.round, round)
      );
  }
}

function isRecent(signedIn: number, round: number): boolean {
  return signedIn <= round && round - signedIn <= CHANGE_LIFETIME_ROUNDS;
}

/**
 * The roster after a value: `contributors` of `cohort` are present, the others missed one more. A seat is not lost by
 * absence where the roster would become smaller than a committee.
 */
export function nextRoster(
  config: ProtocolConfig,
  roster: Roster,
  cohort: readonly PeerId[],
  contributors: ReadonlySet<PeerId>,
  changes: readonly RosterChange[],
): Roster {
  const drawn = new Set(cohort);
  const excluded = new Set(roster.excluded);
  const gone = new Set<PeerId>();
  const joined: PeerId[] = [];
  for (const change of changes) {
    if (change.kind === 'join') joined.push(change.peer);
    else gone.add(change.peer);
    if (change.kind === 'evidence') excluded.add(change.peer);
  }
  let changed = changes.length > 0;
  const seats: Seat[] = [];
  let removable = roster.seats.length - gone.size - config.committeeSize;
  for (const seat of roster.seats) {
    if (gone.has(seat.peer)) continue;
    if (!drawn.has(seat.peer)) {
      seats.push(seat);
      continue;
    }
    const missedCohorts = contributors.has(seat.peer) ? 0 : seat.missedCohorts + 1;
    const lost = config.inactivityCohorts > 0 && missedCohorts >= config.inactivityCohorts;
    if (lost && removable > 0) {
      removable -= 1;
      changed = true;
      continue;
    }
    if (missedCohorts !== seat.missedCohorts) changed = true;
    seats.push(missedCohorts === seat.missedCohorts ? seat : { peer: seat.peer, missedCohorts });
  }
  if (!changed) return roster;
  for (const peer of joined) seats.push({ peer, missedCohorts: 0 });
  seats.sort((a, b) => (a.peer < b.peer ? -1 : 1));
  return { seats, excluded: [...excluded].sort() };
}
