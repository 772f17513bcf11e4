/**
 * A fresh value must not censor: a member that had contributions in time prevotes nil where a proposal leaves out more
 * of them than it may, and hands them to the next proposer, since this one may not have had them (docs/protocol.md).
 */
import type { PeerId } from '../../crypto/peer-id.ts';
import type { ListedContribution } from '../../messages/contribution.ts';
import type { Proposal } from '../../messages/proposal.ts';
import type { ConsensusParts } from './consensus-parts.ts';

/**
 * What the proposal of a view leaves out, where that is too much; undefined: it cannot be said yet. Nothing is held
 * against a value that a quorum prevoted for or that an opening forces; nor after one turn of all proposers, since what
 * one member alone has must not hold the round up for ever.
 */
export function omittedBy(
  { outbox, collection, committee }: ConsensusParts,
  { value, view, polka, held }: Proposal,
): readonly ListedContribution[] | undefined {
  if (polka !== undefined || held !== undefined) return [];
  const omitted = collection.censored(value, outbox.config.maxOmissionShare);
  return omitted !== undefined && view >= committee.length ? [] : omitted;
}

export function handOver(
  { outbox, chain }: ConsensusParts,
  omitted: readonly ListedContribution[],
  to: PeerId,
): void {
  if (to === outbox.self) return;
  const { round, anchor } = chain;
  for (const listed of omitted) {
    outbox.put({ type: 'send', to, message: { kind: 'contribution', round, anchor, ...listed } });
  }
}
