/** Whether an attempt may run, and with which value: checks an opening together with the decision that it forces. */
import type { UnverifiedOpening } from '../../messages/abandon.ts';
import type { UnverifiedDecision } from '../../messages/decision.ts';
import type { UnverifiedProposal } from '../../messages/proposal.ts';
import type { Opened } from './abandonment.ts';
import type { Chain } from '../chain/chain.ts';
import type { MessageFault } from '../fault.ts';
import { contentDigest } from '../verification/statements.ts';
import { newestHeld, type Checked, type Verifier } from '../verification/verifier.ts';

/** The opening with the decision that its newest holder holds, and without where nobody holds any. */
export function checkOpened(
  verifier: Verifier,
  chain: Chain,
  opening: UnverifiedOpening,
  held: UnverifiedDecision | undefined,
): Checked<Opened> {
  const bad = { ok: false, fault: 'bad-opening' } as const;
  const checked = verifier.opening(chain, opening);
  if (!checked.ok) return checked;
  const forced = newestHeld(checked.value);
  if (forced === undefined) return { ok: true, value: { opening } };
  if (held?.certificate.attempt !== forced.attempt) return bad;
  const decision = verifier.decision(chain, held);
  if (!decision.ok || decision.value.value !== forced.value) return bad;
  return { ok: true, value: { opening, held } };
}

/**
 * Whether the value of a proposal may stand there: after the first attempt one that the opening with it allows (the one
 * that it forces, or one of this attempt); with a quorum of prevotes an earlier one; without, the proposer's own of this
 * view, or the one that is forced.
 */
export function faultOfProposal(
  verifier: Verifier,
  chain: Chain,
  proposal: UnverifiedProposal,
): MessageFault | undefined {
  const { value, polka, view, attempt } = proposal;
  if (value.anchor !== chain.anchor || value.round !== chain.round) return 'bad-value';
  const opened = openedWith(verifier, chain, proposal);
  if (!opened.ok) return opened.fault;
  const forced = opened.value?.held?.value;
  const allowed =
    forced === undefined ? value.attempt === attempt : contentDigest(forced) === contentDigest(value);
  if (!allowed) return 'bad-value';
  if (polka !== undefined) {
    if (polka.attempt !== attempt || polka.view >= view) return 'bad-certificate';
    if (forced === undefined && value.view > polka.view) return 'bad-value';
    return verifier.certificate(chain, polka, 'prevote');
  }
  if (forced !== undefined) return undefined;
  const own = value.view === view && value.author === proposal.proposer;
  return own ? undefined : 'bad-value';
}

/** The opening that the proposal carries, as every one after the first attempt must; undefined in the first. */
function openedWith(
  verifier: Verifier,
  chain: Chain,
  { attempt, opening, held }: UnverifiedProposal,
): Checked<Opened | undefined> {
  const bad = { ok: false, fault: 'bad-opening' } as const;
  if (attempt === 0)
    return opening === undefined && held === undefined ? { ok: true, value: undefined } : bad;
  if (opening === undefined || opening.attempt + 1 !== attempt) return bad;
  return checkOpened(verifier, chain, opening, held);
}
