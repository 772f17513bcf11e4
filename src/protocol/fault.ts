/** What can be wrong with what a peer sent. A peer's fault is a value, never an exception. */
import type { DecodeFault } from '../compression/compressor.ts';

/** What is wrong with a body: it is no vector of this experiment, or not this worker's of this round. */
export type ContributionFault = DecodeFault | 'not-its-own';

export type MessageFault =
  | 'bad-signature'
  | 'bad-digest'
  | 'bad-beacon-proof'
  | 'bad-certificate'
  | 'bad-opening'
  | 'bad-evidence'
  | 'bad-value'
  /** Of a history that does not contain the state that the operator trusts. */
  | 'untrusted'
  | 'not-in-cohort'
  | 'not-in-committee'
  | 'not-in-roster'
  | 'not-the-proposer'
  | 'not-admitted'
  | 'too-large'
  | 'out-of-range'
  | 'equivocation'
  // the rest is nobody's fault: the message came too early, too late or twice
  | 'duplicate'
  | 'stale'
  | 'too-early'
  | 'other-anchor'
  | 'not-serving'
  | 'queue-full';

/** Faults after which a message is dropped without blaming whoever relayed it. */
const BLAMELESS: ReadonlySet<MessageFault> = new Set([
  'duplicate',
  'stale',
  'too-early',
  'other-anchor',
  'not-serving',
  'queue-full',
  'not-in-cohort',
  'not-in-committee',
  'not-in-roster',
  'not-the-proposer',
  'not-admitted',
]);

export function isBlameless(fault: MessageFault): boolean {
  return BLAMELESS.has(fault);
}
