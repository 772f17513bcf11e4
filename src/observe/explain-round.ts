/** A round in sentences that need no knowledge of the protocol: who was asked, what came, what was made of it, its cost. */
import { counted } from './counted.ts';
import { PHASES, type Phase } from './phases.ts';
import { CELL, CELL_WORDS } from './round-view.ts';
import { ruleName } from './rule-name.ts';
import type { RunView } from './run-view.ts';
import { bytesText, durationText, percentText, threeDigits } from './sentences.ts';
import { meanBytes, neededBytes } from './traffic.ts';

const MOST_NAMED = 12;

/** `round` is one that the log reaches back to. */
export function explainRound(view: RunView, round: number): string {
  const sections = [
    opening(view, round),
    whoWasAsked(view, round),
    whatCame(view, round),
    whatTheRuleDid(view, round),
    howItWasAgreed(view, round),
    whatItCost(view, round),
    whatCameOfIt(view, round),
  ];
  return `${sections.filter((section) => section !== '').join('\n\n')}\n`;
}

function names(view: RunView, peers: readonly number[]): string {
  const named = peers.slice(0, MOST_NAMED).map((peer) => view.name(peer));
  const more = peers.length - named.length;
  return `${named.join(', ')}${more > 0 ? ` and ${more} more` : ''}`;
}

function opening(view: RunView, round: number): string {
  const { run, adversaries } = view;
  if (run === undefined) return '';
  const attack =
    adversaries.size === 0
      ? ''
      : ` ${adversaries.size} of them ${adversaries.size === 1 ? 'is' : 'are'} known to attack (${run.attack ?? '?'}).`;
  const whose = run.source === 'peer' ? ` This is what peer ${view.name(run.self ?? 0)} saw.` : '';
  return `Round ${round} of ${view.plannedRounds} in "${run.name}", a run of ${counted(view.peers.length, 'peer')}.${attack}${whose}`;
}

function whoWasAsked(view: RunView, round: number): string {
  const opened = view.rounds[round]?.opened;
  if (opened === undefined) return 'When the round began, nobody wrote here: its committee is not known.';
  const asked =
    opened.cohort === null
      ? `All ${opened.seats} peers with a seat were asked for a gradient.`
      : `${opened.cohort.length} of ${opened.seats} peers were drawn to send a gradient: ${names(view, opened.cohort)}.`;
  const again =
    opened.attempt === 0
      ? ''
      : ` It is committee number ${opened.attempt + 1}: those before it were given up.`;
  return `${asked} A committee of ${opened.committee.length} was drawn to check and add them up: ${names(view, opened.committee)}.${again}`;
}

function whatCame(view: RunView, round: number): string {
  const list = view.rounds[round]?.contributions;
  if (list === undefined) return 'No list of contributions has been decided yet.';
  const many = list.peers.length === 1 ? 'contribution was' : 'contributions were';
  const lines = [
    `${list.peers.length} ${many} in the list that was decided${list.peers.length === 0 ? '.' : ':'}`,
  ];
  const heard = new Map(list.heard);
  for (const [place, peer] of list.peers.entries()) {
    const cell = view.cell(peer, round);
    const measured = [
      `norm ${threeDigits(list.norm?.[place])}`,
      `distance ${threeDigits(list.distance?.[place])} (${threeDigits(view.remoteness(peer, round))} times the middle one)`,
      `cosine ${threeDigits(list.cosine?.[place])}`,
      ...(list.weight === undefined ? [] : [`weight ${threeDigits(list.weight[place])}`]),
      ...(cell === CELL.clipped ? [`clipped to ${percentText(list.scale?.[place])} of its length`] : []),
    ];
    const known = list.norm === undefined ? [] : measured;
    const ms = heard.get(peer);
    const when = ms === undefined ? [] : [`heard of after ${durationText(ms / 1000)}`];
    lines.push(
      `  ${[view.name(peer), bytesText(list.bytes[place] ?? 0), ...when, ...known, CELL_WORDS[cell]].join(', ')}`,
    );
  }
  if (list.norm === undefined && list.peers.length > 0)
    lines.push('This peer did not serve on the committee, so it measured none of them.');
  const silent = list.absent.filter(
    (peer) => !list.late.includes(peer) && !list.invalid.some(([bad]) => bad === peer),
  );
  if (silent.length > 0) lines.push(`Nothing came in time from ${names(view, silent)}.`);
  for (const peer of list.late) {
    const ms = heard.get(peer);
    const when = ms === undefined ? '' : `, ${durationText(ms / 1000)} after the round began`;
    lines.push(`What ${view.name(peer)} sent came too late for the list${when}.`);
  }
  for (const [peer, why] of list.invalid)
    lines.push(`${view.name(peer)} sent something that was refused: ${why}.`);
  return lines.join('\n');
}

function whatTheRuleDid(view: RunView, round: number): string {
  const list = view.rounds[round]?.contributions;
  if (list === undefined || list.norm === undefined || view.run === undefined) return '';
  const rule = `The rule (${ruleName(view.run)})`;
  if (list.trimmed.length === 0) return `${rule} left nobody out as a whole.`;
  const far = list.trimmed.map((peer) => view.remoteness(peer, round));
  const [least, most] = [threeDigits(Math.min(...far)), threeDigits(Math.max(...far))];
  const against = list.trimmed.filter((peer) => (list.cosine?.[list.peers.indexOf(peer)] ?? 0) < 0);
  const direction =
    against.length === 0 ? '' : ` ${names(view, against)} pointed against it (cosine below 0).`;
  const attackers = list.trimmed.filter((peer) => view.adversaries.has(peer)).length;
  const right =
    view.adversaries.size === 0
      ? ''
      : list.trimmed.length === 1
        ? ` It is ${attackers === 1 ? '' : 'not '}known to attack.`
        : ` ${attackers} of these ${list.trimmed.length} ${attackers === 1 ? 'is' : 'are'} known to attack.`;
  return (
    `${rule} left out ${names(view, list.trimmed)}: ${list.trimmed.length === 1 ? 'it' : 'they'} lay ${least === most ? '' : `${least} to `}${most}` +
    ` times as far from the aggregate as the middle contribution.${direction}${right}`
  );
}

function howItWasAgreed(view: RunView, round: number): string {
  const seen = view.rounds[round];
  const decision = seen?.decision;
  if (seen === undefined || decision === undefined) return 'The committee has not decided yet.';
  const unheard = seen.views.map(
    ({ view: turn }) => `The proposer of view ${turn - 1} was not heard in time.`,
  );
  const which =
    decision.view === 0
      ? 'The first proposer was heard'
      : `View ${decision.view} decided, ${counted(decision.view, 'proposer')} after the first`;
  const members = seen.opened?.committee ?? [];
  const missing = members.filter((peer) => !decision.signers.includes(peer));
  const silent = missing.length === 0 ? '' : ` (not among the signatures: ${names(view, missing)})`;
  return [
    ...unheard,
    `${which}: ${view.name(decision.author)} proposed the list, and ${decision.signers.length} of ${members.length || '?'} members signed the result${silent}. More than two thirds are needed.`,
  ].join(' ');
}

function whatItCost(view: RunView, round: number): string {
  const seen = view.rounds[round];
  if (seen === undefined) return '';
  const took =
    seen.decidedAt === undefined ? '' : `It took ${durationText((seen.decidedAt - seen.startedAt) / 1000)}`;
  const phases = PHASES.flatMap((phase) =>
    phaseText(
      seen.phases.filter((mark) => mark.phase === phase).map(({ ms }) => ms),
      phase,
    ),
  );
  const bytes = meanBytes(view, round);
  const needed = neededBytes(view, round);
  const traffic =
    bytes === undefined
      ? ''
      : ` A peer received ${bytesText(bytes.received)} and sent ${bytesText(bytes.sent)}; the encodings need ${bytesText(needed ?? 0)} received.`;
  return took === ''
    ? ''
    : `${took}${phases.length === 0 ? '' : ` (longest: ${phases.join(', ')})`}.${traffic}`;
}

function phaseText(ms: readonly number[], phase: Phase): string[] {
  return ms.length === 0 ? [] : [`${phase} ${durationText(Math.max(...ms) / 1000)}`];
}

function whatCameOfIt(view: RunView, round: number): string {
  const seen = view.rounds[round];
  if (seen?.decision === undefined) return '';
  if (seen.skip !== undefined) return `The round changed nothing: ${seen.skip}.`;
  const evaluation = view.evaluations.find((candidate) => candidate.round === round);
  const measured =
    evaluation === undefined
      ? ''
      : ` On the test set the model then reached ${percentText(evaluation.accuracy)}, loss ${threeDigits(evaluation.loss)}.`;
  const loss = view.loss(round);
  const trained = loss === null ? '' : ` The workers' mean training loss was ${threeDigits(loss)}.`;
  return `The update of ${bytesText(seen.decision.updateBytes)} was applied by all; the state is ${seen.decision.state.slice(0, 16)}.${trained}${measured}`;
}
