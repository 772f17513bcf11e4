/** Whether an attempt may run, and with which value: checks an opening together with the decision that it forces. */
import type { Opened, UnverifiedOpened } from '../../messages/opening.ts';
import type { Certificate } from '../../messages/vote.ts';
import type { Proposal, SignedProposal } from '../../messages/proposal.ts';
import type { Chain } from '../chain/chain.ts';
import { refused, type Checked } from './statement-verifier.ts';
import { contentDigest } from './statements.ts';
import { newestHeld, type Verifier } from './verifier.ts';

/** The opening with the decision that its newest holder holds, and without any where nobody holds one. */
export function checkOpened(
  verifier: Verifier,
  chain: Chain,
  { opening, held }: UnverifiedOpened,
): Checked<Opened> {
  const checked = verifier.opening(chain, opening);
  if (!checked.ok) return checked;
  const forced = newestHeld(checked.value);
  if (forced === undefined) {
    // a decision that nothing forces says nothing: it could be anything
    return held === undefined ? { ok: true, value: { opening: checked.value } } : refused('bad-opening');
  }
  if (held?.certificate.attempt !== forced.attempt) return refused('bad-opening');
  const decision = verifier.decision(chain, held);
  if (!decision.ok || decision.value.value !== forced.value) return refused('bad-opening');
  return { ok: true, value: { opening: checked.value, held: decision.value.decision } };
}

/**
 * Whether the value of a proposal may stand there: after the first attempt one that the opening with it allows (the one
 * that it forces, or one of this attempt); with a quorum of prevotes an earlier one; without, the proposer's own of this
 * view, or the one that is forced.
 */
export function checkProposal(verifier: Verifier, chain: Chain, proposal: SignedProposal): Checked<Proposal> {
  const { value, view, attempt } = proposal;
  if (value.anchor !== chain.anchor || value.round !== chain.round) return refused('bad-value');
  const opened = openedWith(verifier, chain, proposal);
  if (!opened.ok) return opened;
  const forced = opened.value?.held?.value;
  const allowed =
    forced === undefined ? value.attempt === attempt : contentDigest(forced) === contentDigest(value);
  if (!allowed) return refused('bad-value');
  const prevoted = prevotesWith(verifier, chain, proposal, forced !== undefined);
  if (!prevoted.ok) return prevoted;
  const own = value.view === view && value.author === proposal.proposer;
  if (prevoted.value === undefined && forced === undefined && !own) return refused('bad-value');
  return { ok: true, value: proposal as Proposal };
}

/** The opening that the proposal carries, as every one after the first attempt must; undefined in the first. */
function openedWith(
  verifier: Verifier,
  chain: Chain,
  { attempt, opening, held }: SignedProposal,
): Checked<Opened | undefined> {
  if (attempt === 0) {
    const isBare = opening === undefined && held === undefined;
    return isBare ? { ok: true, value: undefined } : refused('bad-opening');
  }
  if (opening === undefined || opening.attempt + 1 !== attempt) return refused('bad-opening');
  return checkOpened(verifier, chain, held === undefined ? { opening } : { opening, held });
}

/** The quorum of prevotes of an earlier view that the proposal carries; undefined where it carries none. */
function prevotesWith(
  verifier: Verifier,
  chain: Chain,
  { attempt, view, value, polka }: SignedProposal,
  isForced: boolean,
): Checked<Certificate | undefined> {
  if (polka === undefined) return { ok: true, value: undefined };
  if (polka.attempt !== attempt || polka.view >= view) return refused('bad-certificate');
  if (!isForced && value.view > polka.view) return refused('bad-value');
  return verifier.certificate(chain, polka, 'prevote');
}
