/**
 * Whether a valid decision may be adopted (docs/protocol.md, "When a committee fails"). An opening voids the decisions
 * of the attempts before it. A peer that abandoned an attempt holding none is bound: it adopts a decision of it
 * only once no opening without that decision can exist.
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { Decision, UnverifiedDecision } from '../../messages/decision.ts';
import { signersOf } from '../verification/certificate-signers.ts';
import { committeeOf, type Chain } from './chain.ts';
import type { ProtocolConfig } from '../config.ts';
import type { Outbox } from '../outbox.ts';
import type { Effect } from '../effect.ts';
import { SETTLEMENT_ROUNDS } from '../limits.ts';
import type { Memories } from './memories.ts';
import { servingIn } from './roster.ts';
import type { RoundState } from '../round/round-state.ts';
import type { Verifier } from '../verification/verifier.ts';

export interface AdoptionState {
  readonly outbox: Outbox;
  readonly head: Chain;
  readonly memories: Memories;
  readonly roundState: RoundState | undefined;
  /** The peer has adopted this value here before. */
  readonly knownBefore: boolean;
  readonly later: (round: number) => UnverifiedDecision | undefined;
}

export function mayAdopt(state: AdoptionState, decision: Decision): boolean {
  const { outbox, head, memories, roundState, knownBefore, later } = state;
  const { attempt } = decision.certificate;
  const voided = (memories.opened(head)?.opening.attempt ?? -1) >= attempt;
  const bound = memories.journal(head).boundAttempt >= attempt;
  if (!voided && (!bound || knownBefore || roundState?.abandonment.confirmed() !== undefined)) return true;
  return isConfirmedByChain(outbox.verifier, head, decision, later);
}

/** `holders` are asked for the update first, then its author and the committee. */
export function adoptEffect(
  config: ProtocolConfig,
  head: Chain,
  next: Chain,
  decision: Decision,
  holders: readonly PeerId[],
  truncate: boolean,
): Effect {
  const committee = committeeOf(config, head, decision.certificate.attempt);
  return {
    type: 'adopt',
    context: { round: head.round, seed: head.seed },
    decision,
    skip: decision.value.contributions.length < config.minContributions,
    sources: [...new Set([...holders, decision.value.author, ...committee])],
    truncate,
    ...(next.round % config.checkpointRounds === 0 ? { checkpoint: next } : {}),
  };
}

/**
 * Whether the rounds on top of a decision confirm it: their contributions and precommits are signed on states that
 * follow from it, so each signer holds it. More than two thirds of the serving peers are enough; so is depth.
 */
function isConfirmedByChain(
  verifier: Verifier,
  chain: Chain,
  decision: Decision,
  later: (round: number) => UnverifiedDecision | undefined,
): boolean {
  const serving = servingIn(chain.roster);
  const needed = verifier.rules.quorum(serving.size, 'successors');
  const holders = new Set<PeerId>();
  let checked = verifier.decision(chain, decision);
  for (let depth = 1; checked.ok; depth++) {
    const at = checked.value.next;
    const next = later(at.round);
    if (next === undefined) return false;
    checked = verifier.decision(at, next);
    if (!checked.ok) return false;
    for (const { worker } of next.value.contributions) if (serving.has(worker)) holders.add(worker);
    const committee = committeeOf(verifier.config, at, next.certificate.attempt);
    for (const { voter } of signersOf(committee, next.certificate)) {
      if (serving.has(voter)) holders.add(voter);
    }
    if (holders.size >= needed || depth >= SETTLEMENT_ROUNDS) return true;
  }
  return false;
}
