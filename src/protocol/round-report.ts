/** What observers are told of a decided round. */
import type { UnverifiedDecision } from '../messages/decision.ts';
import { cohortOf, committeeOf, type Chain } from './chain.ts';
import type { ProtocolConfig } from './config.ts';
import type { Desk } from './desk.ts';
import type { RoundReport } from './effect.ts';
import { servingIn } from './roster.ts';

/** Tells of a decided round and of whom it excluded. */
export function reportDecision(
  desk: Desk,
  before: Chain,
  decision: UnverifiedDecision,
  after: Chain,
  served: boolean,
): void {
  const { round } = before;
  desk.put({ type: 'decide', decision: reportOf(desk.config, before, decision, after, served) });
  for (const peer of after.roster.excluded) {
    if (!before.roster.excluded.includes(peer)) desk.report({ event: 'excluded', peer, round });
  }
}

function reportOf(
  config: ProtocolConfig,
  before: Chain,
  decision: UnverifiedDecision,
  after: Chain,
  served: boolean,
): RoundReport {
  const { attempt, view } = decision.certificate;
  return {
    round: before.round,
    attempt,
    view,
    anchor: before.anchor,
    stateDigest: after.anchor,
    outcome: decision.outcome,
    cohort: cohortOf(config, before),
    committee: committeeOf(config, before, attempt),
    contributors: decision.value.contributions.map(({ worker }) => worker),
    servingSize: servingIn(before.roster).size,
    rosterSize: after.roster.seats.length,
    served,
  };
}
