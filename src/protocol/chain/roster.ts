/**
 * How a certified round changes the roster: joins, leaves and convictions that the value carries, seats lost by
 * missing cohorts, and earlier changes whose time in the draws has come. Pure; every peer computes the same roster.
 */
import { digestOf, type Digest, type HashPart } from '../../crypto/hash.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { RosterChange } from '../../messages/roster-change.ts';
import type { ProtocolConfig } from '../config.ts';
import { MAX_EXCLUDED } from '../limits.ts';

export interface Seat {
  readonly peer: PeerId;
  /** Cohorts in a row that the peer was drawn into without contributing. */
  readonly missedCohorts: number;
}

/** A change of the roster that the draws do not know of yet. */
export interface PendingDraw {
  readonly peer: PeerId;
  readonly drawable: boolean;
  /** The first round whose draws know of it. */
  readonly due: number;
}

/**
 * Having a seat and being drawn are two things. A certified round gives and takes seats at once; the draws follow
 * `changeDelayRounds` later, so that nobody knows what a change will do to them (docs/committee.md).
 */
export interface Roster {
  /** Who has a seat, sorted by peer id. */
  readonly seats: readonly Seat[];
  /** Who may be drawn in this round, sorted: those that had a seat when the delay began. */
  readonly drawable: readonly PeerId[];
  /** What is still to change in `drawable`, in the order of the rounds that decided it. */
  readonly pending: readonly PendingDraw[];
  /** Convicted peers in the order of conviction: not heard from the next round on, drawn or not, and never seated again. */
  readonly excluded: readonly PeerId[];
}

export function genesisRoster(peers: readonly PeerId[]): Roster {
  const drawable = [...peers].sort();
  const seats = drawable.map((peer) => ({ peer, missedCohorts: 0 }));
  return { seats, drawable, pending: [], excluded: [] };
}

const peersOf = new WeakMap<Roster, readonly PeerId[]>();
const seatOf = new WeakMap<Roster, ReadonlySet<PeerId>>();
const missedOf = new WeakMap<Roster, ReadonlyMap<PeerId, number>>();
const servingOf = new WeakMap<Roster, ReadonlySet<PeerId>>();
const heard = new WeakMap<Roster, ReadonlySet<PeerId>>();
const digests = new WeakMap<Roster, Digest>();

/** Who has a seat. */
export function peersIn(roster: Roster): readonly PeerId[] {
  return remembered(peersOf, roster, () => roster.seats.map(({ peer }) => peer));
}

export function hasSeat(roster: Roster, peer: PeerId): boolean {
  return remembered(seatOf, roster, () => new Set(peersIn(roster))).has(peer);
}

/** Cohorts in a row that a peer was drawn into without contributing; none where it has no seat. */
export function missedCohortsOf(roster: Roster, peer: PeerId): number {
  const make = (): ReadonlyMap<PeerId, number> =>
    new Map(
      roster.seats.filter((seat) => seat.missedCohorts > 0).map((seat) => [seat.peer, seat.missedCohorts]),
    );
  return remembered(missedOf, roster, make).get(peer) ?? 0;
}

/**
 * The serving peers of the round: who is in its draws and not convicted. They are the last attempt's committee, and more than
 * two thirds of them open one. A newcomer is not among them until its join is drawn with, a leaver still is.
 */
export function servingIn(roster: Roster): ReadonlySet<PeerId> {
  return remembered(servingOf, roster, () => new Set(heardOf(roster, roster.drawable)));
}

/** Without the convicts. */
export function heardOf(roster: Roster, peers: readonly PeerId[]): readonly PeerId[] {
  if (roster.excluded.length === 0) return peers;
  const excluded = new Set(roster.excluded);
  return peers.filter((peer) => !excluded.has(peer));
}

/** Whom the roster has to do with: who has a seat, is drawn, or will be for some rounds; and is no convict. */
export function heardIn(roster: Roster): ReadonlySet<PeerId> {
  return remembered(heard, roster, () => {
    const pending = roster.pending.map(({ peer }) => peer);
    return new Set(heardOf(roster, [...peersIn(roster), ...roster.drawable, ...pending]));
  });
}

function remembered<T>(memory: WeakMap<Roster, T>, roster: Roster, make: () => T): T {
  let known = memory.get(roster);
  if (known === undefined) memory.set(roster, (known = make()));
  return known;
}

/** Who may be drawn in a round, as far as this roster tells: what is decided later is due later. */
export function drawableAt(roster: Pick<Roster, 'drawable' | 'pending'>, round: number): readonly PeerId[] {
  const [first] = roster.pending;
  if (first === undefined || first.due > round) return roster.drawable;
  const drawable = new Set(roster.drawable);
  for (const { peer, drawable: comes, due } of roster.pending) {
    if (due > round) break;
    if (comes) drawable.add(peer);
    else drawable.delete(peer);
  }
  return [...drawable].sort();
}

export function rosterDigest(roster: Roster): Digest {
  return remembered(digests, roster, () => {
    const { seats, drawable, pending, excluded } = roster;
    const parts: HashPart[] = [seats.length, drawable.length, pending.length];
    for (const { peer, missedCohorts } of seats) parts.push(peer, missedCohorts);
    parts.push(...drawable);
    for (const { peer, drawable: comes, due } of pending) parts.push(peer, comes ? 1 : 0, due);
    return digestOf('synod/roster', ...parts, ...excluded);
  });
}

/**
 * The roster after a value of `round`: `contributors` of `cohort` are present, the others missed one more. A seat is
 * not lost by absence where fewer would be left than `minSeats`; below a committee's size committees shrink with it.
 */
export function nextRoster(
  config: ProtocolConfig,
  roster: Roster,
  round: number,
  cohort: readonly PeerId[],
  contributors: ReadonlySet<PeerId>,
  changes: readonly RosterChange[],
): Roster {
  const drawn = new Set(cohort);
  const gone = new Set<PeerId>();
  const joined: PeerId[] = [];
  const convicted: PeerId[] = [];
  for (const { kind, peer } of changes) {
    if (kind === 'join') joined.push(peer);
    else gone.add(peer);
    if (kind === 'evidence') convicted.push(peer);
  }
  const seats: Seat[] = [];
  const left: PeerId[] = [];
  let removable = roster.seats.length - gone.size - config.minSeats;
  let marked = false;
  for (const seat of roster.seats) {
    const { peer } = seat;
    if (gone.has(peer)) {
      left.push(peer);
      continue;
    }
    if (!drawn.has(peer)) {
      seats.push(seat);
      continue;
    }
    const missedCohorts = contributors.has(peer) ? 0 : seat.missedCohorts + 1;
    const lost = config.inactivityCohorts > 0 && missedCohorts >= config.inactivityCohorts;
    if (lost && removable > 0) {
      removable -= 1;
      left.push(peer);
      continue;
    }
    marked ||= missedCohorts !== seat.missedCohorts;
    seats.push(missedCohorts === seat.missedCohorts ? seat : { peer, missedCohorts });
  }
  const due = round + config.changeDelayRounds;
  const known = [
    ...roster.pending,
    ...left.map((peer) => ({ peer, drawable: false, due })),
    ...joined.map((peer) => ({ peer, drawable: true, due })),
  ];
  const pending = known.filter((change) => change.due > round + 1);
  const moved = known.length > roster.pending.length || pending.length < roster.pending.length;
  if (!moved && convicted.length === 0) return marked ? { ...roster, seats } : roster;
  for (const peer of joined) seats.push({ peer, missedCohorts: 0 });
  return {
    seats: seats.sort((a, b) => (a.peer < b.peer ? -1 : 1)),
    drawable: drawableAt({ drawable: roster.drawable, pending: known }, round + 1),
    pending,
    excluded: [...roster.excluded, ...convicted].slice(-MAX_EXCLUDED),
  };
}
