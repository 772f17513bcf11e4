/** What observers are told of a decided round. */
import type { Decision } from '../../messages/decision.ts';
import { cohortOf, committeeOf, type Chain } from './chain.ts';
import type { ProtocolConfig } from '../config.ts';
import type { Outbox } from '../outbox.ts';
import type { RoundReport, SkipReason } from '../effect.ts';
import { isWorthSaying, type OwnGradient } from '../round/own-gradient.ts';
import { missedCohortsOf, servingIn } from './roster.ts';

/** Tells of a decided round, of an own gradient that came too late for it, and of whom it excluded. */
export function reportDecision(
  outbox: Outbox,
  before: Chain,
  decision: Decision,
  after: Chain,
  { served, own }: { readonly served: boolean; readonly own: OwnGradient | undefined },
): void {
  const { round } = before;
  const report = reportOf(outbox.config, before, decision, after, served);
  outbox.put({ type: 'decide', decision: report });
  if (own !== undefined) reportLateness(outbox, report, own, after);
  for (const peer of after.roster.excluded) {
    if (!before.roster.excluded.includes(peer)) outbox.report({ event: 'excluded', peer, round });
  }
}

/** Where the own gradient is not in the round because the collection did not last as long. */
function reportLateness(outbox: Outbox, report: RoundReport, own: OwnGradient, after: Chain): void {
  const { self, config } = outbox;
  if (report.contributors.includes(self) || own.gradientMs < own.collectionMs) return;
  const inARow = Math.max(1, missedCohortsOf(after.roster, self));
  if (!isWorthSaying(inARow)) return;
  const { collectMs } = config.timing;
  outbox.report({ event: 'gradient-late', round: report.round, ...own, collectMs, inARow });
}

/** Why a round changes nothing, where it does not. */
function skipReason(config: ProtocolConfig, { value, outcome }: Decision): SkipReason | undefined {
  if (value.contributions.length < config.minContributions) return 'too-few-contributions';
  return outcome.updateByteLength === 0 ? 'not-finite' : undefined;
}

function reportOf(
  config: ProtocolConfig,
  before: Chain,
  decision: Decision,
  after: Chain,
  served: boolean,
): RoundReport {
  const { attempt, view } = decision.certificate;
  const skipped = skipReason(config, decision);
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
    ...(skipped === undefined ? {} : { skipped }),
  };
}
