/** Why a peer is silent, slow or cut, in sentences, from what a run's log holds of it. */
import { counted, listed, roundsText, stretches } from './counted.ts';
import { absence, lastSign, whenHeard } from './peer-presence.ts';
import { standing, whyItWaits } from './peer-words.ts';
import { CELL } from './round-view.ts';
import type { RunView } from './run-view.ts';
import { clockText, cutOffText, durationText, eventText, percentText, threeDigits } from './sentences.ts';

const LAST_WORDS = 5;
const [NOTABLY_SLOW, ENOUGH_TO_JUDGE] = [1.5, 3];
/** So many lists without it in a row, up to the newest, and it counts as silent. */
const SILENT_LISTS = 3;

/** Everything, for a terminal; `now` in milliseconds since 1970. */
export function explainPeer(view: RunView, peer: number, now: number): string {
  const said = view.told.filter(({ event }) => isOf(event, peer)).slice(-LAST_WORDS);
  const lines = [
    title(view, peer),
    ...peerSentences(view, peer, now),
    ...(said.length === 0 ? [] : ['The last that was told of it:']),
    ...said.map(({ at, event }) => `  ${clockText(at)} ${eventText(view, event) ?? event.e}`),
  ];
  return `${lines.join('\n')}\n`;
}

export function peerSentences(view: RunView, peer: number, now: number): string[] {
  const cutOff = cutOffText(view, now);
  return [
    standing(view, peer),
    ...cut(view, peer),
    ...silent(view, peer),
    ...slowToSend(view, peer),
    ...slowToTrain(view, peer),
    ...unheard(view, peer),
    connections(view, peer),
    cutOff === undefined ? whyItWaits(view, peer) : `In this log ${cutOff}.`,
  ];
}

/** The peer that is named by its id or the end of it; undefined where none or several are. */
export function findPeer(view: RunView, name: string): number | undefined {
  const found = view.peers.flatMap((id, peer) => (id.endsWith(name) ? [peer] : []));
  return found.length === 1 ? found[0] : undefined;
}

export function isOf(event: RunView['told'][number]['event'], peer: number): boolean {
  return ('peer' in event && event.peer === peer) || ('from' in event && event.from === peer);
}

function title(view: RunView, peer: number): string {
  const { run } = view;
  const id = view.peers[peer] ?? `peer ${peer}`;
  if (run === undefined || run.source === 'simulation') return `${id}, shown as ${view.name(peer)}.`;
  const seenBy = run.self === peer ? 'in its own log' : `as ${view.name(run.self ?? 0)} saw it`;
  return `${id}, shown as ${view.name(peer)}, ${seenBy}.`;
}

function cut(view: RunView, peer: number): string[] {
  const rounds = listedRounds(view).filter((round) => view.cell(peer, round) === CELL.trimmed);
  if (rounds.length === 0) return [];
  const far = middle(rounds.map((round) => view.remoteness(peer, round)));
  const cosine = middle(
    rounds.map((round) => {
      const list = view.rounds[round]?.contributions;
      return list?.cosine?.[list.peers.indexOf(peer)] ?? 0;
    }),
  );
  const direction = cosine < 0 ? 'against' : cosine < 0.3 ? 'aside of' : 'along';
  const many = rounds.length === 1 ? '' : ', both the middle of these rounds';
  return [
    `It was left out in ${counted(rounds.length, 'round')} (${stretches(rounds)}): its contribution lay ${threeDigits(far)} times as far ` +
      `from the aggregate as the middle one, and pointed ${direction} it (cosine ${threeDigits(cosine)}${many}).`,
  ];
}

function silent(view: RunView, peer: number): string[] {
  const { asked, missed, late, refused, unseen, streak } = absence(view, peer);
  if (missed.length === 0) return [];
  const since = streak[0];
  if (
    since !== undefined &&
    streak.length >= SILENT_LISTS &&
    streak.every((round) => unseen.includes(round))
  ) {
    const sign = lastSign(view, peer);
    const before = missed.length - streak.length;
    return [
      `It is silent: it was asked ${streak.length} times since round ${since}, and nothing of it was seen.`,
      sign === undefined ? 'No sign of it is in the log.' : `The last sign of it is ${sign}.`,
      ...(before === 0 ? [] : [`Before that it was missing in ${counted(before, 'list')}.`]),
    ];
  }
  const reasons = [...new Set(refused.map(({ why }) => why))];
  const ways = [
    ...(late.length > 0 ? [`${late.length} came too late for the list`] : []),
    ...(refused.length > 0
      ? [`${refused.length} ${refused.length === 1 ? 'was' : 'were'} refused (${reasons.join(', ')})`]
      : []),
    ...(unseen.length > 0 ? [`of ${unseen.length} nothing was seen`] : []),
  ];
  const share = percentText(missed.length / asked.length);
  const back = streak.length === 0 ? '' : ' It is missing in the newest one too.';
  return [
    `It was asked for ${counted(asked.length, 'contribution')} and is missing in ${counted(missed.length, 'list')} (${share}), ${roundsText(missed)}: ${listed(ways)}.${back}`,
  ];
}

/** When its contributions come beside those of the others, where members of a committee write here. */
function slowToSend(view: RunView, peer: number): string[] {
  const heard = whenHeard(view, peer);
  if (heard.own.length === 0 || heard.others.length === 0) return [];
  const [mine, everyone] = [middle(heard.own), middle(heard.others)];
  const verdict = mine > NOTABLY_SLOW * everyone ? ': it is slow' : ': it is not slow';
  const isEnough = heard.own.length >= ENOUGH_TO_JUDGE;
  return [
    `Its contributions are heard of ${durationText(mine / 1000)} after a round begins, those of the others after ` +
      `${durationText(everyone / 1000)} (the middle of ${counted(heard.own.length, 'round')})${isEnough ? verdict : ''}.`,
  ];
}

/** Its training beside everyone's, where the log knows of others'. */
function slowToTrain(view: RunView, peer: number): string[] {
  const own: number[] = [];
  const others: number[] = [];
  for (const seen of view.rounds) {
    for (const mark of seen?.phases ?? []) {
      if (mark.phase === 'train') (mark.peer === peer ? own : others).push(mark.ms);
    }
  }
  if (own.length === 0) return [];
  const mine = durationText(middle(own) / 1000);
  if (others.length === 0) return [`To compute a contribution takes it ${mine}.`];
  const everyone = middle(others);
  const verdict = middle(own) > NOTABLY_SLOW * everyone ? 'it is slow' : 'it is not slow';
  return [
    `To compute a contribution takes it ${mine}, the others ${durationText(everyone / 1000)}: ${verdict}.`,
  ];
}

/** Where its word as a proposer did not come in time. */
function unheard(view: RunView, peer: number): string[] {
  const rounds = view.rounds.flatMap((seen) => {
    const members = seen?.opened?.committee ?? [];
    const passed = seen?.views.some(
      ({ attempt, view: turn }) =>
        attempt === seen.opened?.attempt && members[(turn - 1) % members.length] === peer,
    );
    return seen !== undefined && passed === true ? [seen.round] : [];
  });
  if (rounds.length === 0) return [];
  return [
    `As a proposer it was not heard in time in ${roundsText(rounds)}; the next member had the word there.`,
  ];
}

function connections(view: RunView, peer: number): string {
  const open = view.links.get(peer)?.size;
  const from = [...view.links].filter(([other, links]) => other !== peer && links.has(peer)).length;
  const lost = [...view.lostLinks].flatMap(([other, links]) =>
    other === peer ? [] : (links.get(peer) ?? []),
  );
  const others = `${view.peers.length - 1} others`;
  if (view.run?.source === 'peer' && view.run.self !== peer) {
    const watcher = view.name(view.run.self ?? 0);
    const ms = view.links.get(view.run.self ?? 0)?.get(peer)?.ms;
    if (from > 0)
      return `${watcher} is connected to it${ms === null || ms === undefined ? '' : `, ${threeDigits(ms)} ms there and back`}.`;
    const since = lost[0];
    if (since === undefined) return `${watcher} never was connected to it.`;
    return `${watcher} has no connection to it since ${clockText(since)}.`;
  }
  const count = open ?? from;
  if (count === 0 && lost.length === 0) return 'No connection of it is known here.';
  if (count === 0) return `It has no open connection; the last one broke at ${clockText(Math.max(...lost))}.`;
  return `It has ${counted(count, 'open connection')} to ${others}.`;
}

function listedRounds(view: RunView): number[] {
  return view.rounds.flatMap((seen) => (seen?.contributions === undefined ? [] : [seen.round]));
}

function middle(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
