/**
 * When a committee is given up before the attempt's full time, because too few of its members speak: peers that are gone or
 * starved. Tendermint waits for them for ever; here the next attempt has more members, and it is the roster that has
 * to have two thirds. Local and never agreed on, as the attempt's full time is: who gives up too early costs everyone
 * one repeated agreement.
 */
import { servingIn } from '../chain/roster.ts';
import type { VotePhase } from '../../messages/vote.ts';
import type { PeerId } from '../../crypto/peer-id.ts';
import type { ConsensusParts } from './consensus-parts.ts';
import type { Tally } from './tally.ts';
import { timeoutMs } from './view-timeouts.ts';

/** After a start connections are made and code is loaded, here and perhaps everywhere. */
const PATIENCE_AFTER_START = 4;

type Parts = Pick<ConsensusParts, 'outbox' | 'chain' | 'committee' | 'collection' | 'presence' | 'isFirst'>;

/**
 * How long after an own vote a quorum's votes of that phase are waited for, milliseconds: what was lost is repeated once,
 * and in view 0 others may have waited for contributions as much longer as it took here. Not at all where so many of the
 * committee are likely gone that the rest is no quorum, and the next attempt can be had.
 */
export function quorumPatienceMs(parts: Parts, phase: VotePhase, view: number): number {
  const { outbox, committee, collection, isFirst } = parts;
  const { timing } = outbox.config;
  const needed = outbox.verifier.rules.quorum(committee.length, `${phase}s`);
  if (countHere(parts, committee) < needed && canOpenNext(parts)) return 0;
  const took = view > 0 ? 0 : (collection.tookMs ?? 0);
  const once =
    timeoutMs(timing, phase, view) + timing.rebroadcastMs + Math.min(took, timing.collectMs - took);
  return isFirst ? PATIENCE_AFTER_START * once : once;
}

/** After an own vote, or where the votes of its step are waited for once more. */
export function awaitQuorum(parts: Parts, phase: VotePhase, view: number): void {
  parts.outbox.setTimer('quorum', quorumPatienceMs(parts, phase, view));
}

/** The time is over: who has not voted, where the attempt is better given up; else the votes are here or waited for again. */
export function silentMembers(
  parts: Parts,
  tally: Tally,
  phase: VotePhase,
  view: number,
): readonly PeerId[] | undefined {
  if (tally.isQuorate(phase, view)) return undefined;
  if (!canOpenNext(parts)) {
    awaitQuorum(parts, phase, view);
    return undefined;
  }
  const silent = parts.committee.filter((member) => tally.find(member, view, phase) === undefined);
  for (const member of silent) parts.presence.wasSilent(member, parts.chain.round);
  return silent;
}

/** Whether enough seem to be here to open the next attempt: who gave this one up cannot go back to it. */
export function canOpenNext(parts: Parts): boolean {
  const serving = servingIn(parts.chain.roster);
  const needed = parts.outbox.verifier.rules.quorum(serving.size, 'abandonments');
  return countHere(parts, serving) >= needed;
}

function countHere({ chain, presence }: Parts, peers: Iterable<PeerId>): number {
  let count = 0;
  for (const peer of peers) if (!presence.isSuspect(chain.roster, chain.round, peer)) count += 1;
  return count;
}
