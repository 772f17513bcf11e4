/**
 * Why a peer has no seat any more, from a stored history: the statements that convict it, checked offline; or the
 * leave that it signed; or the cohorts that it missed.
 */
import { StoredHistory } from '../driver/stored-history.ts';
import { peerIdFault, type PeerId } from '../crypto/peer-id.ts';
import { toHex } from '../foundation/bytes.ts';
import { invalidField } from '../foundation/operator-error.ts';
import type { Evidence, SignedStatement } from '../messages/evidence.ts';
import type { Roster } from '../protocol/chain/chain.ts';
import type { ProtocolConfig } from '../protocol/config.ts';
import { REAL_SCHEMES } from '../protocol/verification/light-verification.ts';
import { genesisRoster, hasSeat } from '../protocol/chain/roster.ts';
import { Verifier } from '../protocol/verification/verifier.ts';
import type { Store } from '../storage/store.ts';

export type Departure =
  | {
      readonly reason: 'evidence';
      readonly round: number;
      readonly evidence: Evidence;
      /** Whether both signatures are the peer's, on different statements of one slot. */
      readonly valid: boolean;
    }
  | { readonly reason: 'left'; readonly round: number }
  | { readonly reason: 'absent'; readonly round: number; readonly missedCohorts: number };

export interface PeerHistory {
  readonly peer: PeerId;
  readonly standing: 'seated' | 'excluded' | 'without-seat' | 'never-seated';
  /** Rounds that the history covers. */
  readonly rounds: number;
  readonly joinedInRounds: readonly number[];
  readonly departures: readonly Departure[];
  readonly missedCohorts: number;
}

export async function findPeerHistory(
  store: Store,
  config: ProtocolConfig,
  peer: PeerId,
): Promise<PeerHistory> {
  const fault = peerIdFault(peer);
  if (fault !== undefined) throw invalidField('PEER', `be a peer id, 12D3KooW...: ${fault}`, peer);
  const verifier = new Verifier(config, REAL_SCHEMES);
  const departures: Departure[] = [];
  const joinedInRounds: number[] = [];
  let roster: Roster = genesisRoster(config.genesis.peers);
  let wasSeated = hasSeat(roster, peer);
  let rounds = 0;
  for await (const { stored, before, after } of new StoredHistory(store, config).rosters(config)) {
    const { round, changes } = stored.decision.value;
    const change = changes.find((candidate) => candidate.peer === peer);
    if (change?.kind === 'evidence') {
      const valid = verifier.evidence(change) === undefined;
      departures.push({ reason: 'evidence', round, evidence: change, valid });
    } else if (change?.kind === 'leave') departures.push({ reason: 'left', round });
    else if (change?.kind === 'join') joinedInRounds.push(round);
    else if (hasSeat(before, peer) && !hasSeat(after, peer)) {
      departures.push({ reason: 'absent', round, missedCohorts: missedBy(before, peer) + 1 });
    }
    wasSeated ||= hasSeat(after, peer);
    roster = after;
    rounds += 1;
  }
  const standing = hasSeat(roster, peer)
    ? 'seated'
    : roster.excluded.includes(peer)
      ? 'excluded'
      : wasSeated
        ? 'without-seat'
        : 'never-seated';
  const missedCohorts = missedBy(roster, peer);
  return { peer, standing, rounds, joinedInRounds, departures, missedCohorts };
}

function missedBy(roster: Roster, peer: PeerId): number {
  return roster.seats.find((seat) => seat.peer === peer)?.missedCohorts ?? 0;
}

const STANDINGS: { readonly [K in PeerHistory['standing']]: string } = {
  seated: 'has a seat',
  excluded: 'is excluded for good',
  'without-seat': 'has no seat now',
  'never-seated': 'never had a seat',
};

export function describePeerHistory(history: PeerHistory): string {
  const { peer, standing, rounds, joinedInRounds, departures, missedCohorts } = history;
  const lines = [`${peer} ${STANDINGS[standing]}, after ${rounds} certified rounds.`];
  for (const round of joinedInRounds) lines.push(`Round ${round} gave it a seat.`);
  for (const departure of departures) lines.push(...describeDeparture(departure));
  if (missedCohorts > 0) lines.push(`It missed the last ${missedCohorts} cohorts that it was drawn into.`);
  if (departures.length === 0 && standing === 'seated') lines.push('Nothing is recorded against it.');
  return `${lines.join('\n')}\n`;
}

function describeDeparture(departure: Departure): string[] {
  const { round } = departure;
  switch (departure.reason) {
    case 'left':
      return [`Round ${round} took its seat: it asked to leave.`];
    case 'absent':
      return [`Round ${round} took its seat: it missed ${departure.missedCohorts} cohorts in a row.`];
    case 'evidence': {
      const { evidence, valid } = departure;
      return [
        `Round ${round} excluded it: it signed two different ${describeSlot(evidence)}.`,
        `  first:  ${describeStatement(evidence.first)}`,
        `  second: ${describeStatement(evidence.second)}`,
        valid
          ? 'Both signatures were checked just now and are its own: only its key can have made them.'
          : 'The signatures DO NOT convict it: this history is not what honest peers certify.',
      ];
    }
  }
}

function describeSlot({ slot }: Evidence): string {
  const state = `on state ${slot.anchor.slice(0, 16)}`;
  const attempt = slot.about === 'contribution' ? '' : `, attempt ${slot.attempt}`;
  const at =
    slot.about === 'contribution' || slot.about === 'abandon' ? attempt : `${attempt}, view ${slot.view}`;
  const what =
    slot.about === 'vote' ? `${slot.phase}s` : slot.about === 'abandon' ? 'abandonments' : `${slot.about}s`;
  return `${what} in round ${slot.round}${at}, ${state}`;
}

function describeStatement(statement: SignedStatement): string {
  const about = describeContent(statement);
  return `${about}\n          signature ${toHex(statement.signature)}`;
}

function describeContent(statement: SignedStatement): string {
  switch (statement.about) {
    case 'contribution':
      return `${statement.byteLength} bytes with digest ${statement.digest}`;
    case 'abandon': {
      const { holds } = statement;
      return holds === null ? 'holds no decision' : `holds value ${holds.value} of attempt ${holds.attempt}`;
    }
    default:
      return `value ${statement.value ?? 'nil'}`;
  }
}
