/** What is in a run, in sentences: the same words on the page, in the terminal, in the report and in answers. */
import type { EventOf, RunEvent } from './event-table.ts';
import { CELL, CELL_WORDS } from './round-view.ts';
import type { RunView } from './run-view.ts';

/** At most three digits that count, with the unit's name; what is unknown is a dash. */
export function threeDigits(value: number | null | undefined): string {
  if (value === null || value === undefined || !Number.isFinite(value)) return '–';
  if (value === 0) return '0';
  const size = Math.abs(value);
  if (size >= 1e6 || size < 1e-3) return value.toExponential(2).replace('e+', 'e');
  return String(Number(value.toPrecision(3)));
}

export function bytesText(bytes: number): string {
  if (bytes < 1024) return `${Math.round(bytes)} B`;
  if (bytes < 1024 ** 2) return `${threeDigits(bytes / 1024)} KiB`;
  if (bytes < 1024 ** 3) return `${threeDigits(bytes / 1024 ** 2)} MiB`;
  return `${threeDigits(bytes / 1024 ** 3)} GiB`;
}

export function percentText(share: number | null | undefined): string {
  return share === null || share === undefined ? '–' : `${(100 * share).toFixed(1)} %`;
}

export function durationText(seconds: number): string {
  if (seconds < 1) return `${Math.round(seconds * 1000)} ms`;
  if (seconds < 90) return `${threeDigits(seconds)} s`;
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`;
  return `${threeDigits(seconds / 3600)} h`;
}

/** The time of day, as it was where the run is looked at. */
export function clockText(at: number): string {
  return new Date(at).toLocaleTimeString('en-GB');
}

/** The state of a run in a word or a few. */
export function stateText(view: RunView): string {
  const { end, run } = view;
  if (run === undefined) return 'no run yet';
  if (end !== undefined) return endText(end);
  const waiting = [...view.waiting.values()].at(-1);
  if (waiting !== undefined) return `waiting: ${waiting.why}`;
  if (view.newest < 0) return 'starting';
  return 'training';
}

/** A running log gets a line each ten seconds at least. */
const CUT_OFF_MS = 60_000;

/** Of a log that was neither ended nor written to for long; `now` in milliseconds since 1970. */
export function cutOffText(view: RunView, now: number): string | undefined {
  if (view.run === undefined || view.end !== undefined || now - view.lastAt < CUT_OFF_MS) return undefined;
  return `nothing was written since ${clockText(view.lastAt)}: the run was killed, or its machine sleeps`;
}

/** `finished`, `stopped by SIGTERM`, `failed: the disk is full`. */
function endText({ state, why }: EventOf<'end'>): string {
  if (why === null) return state;
  return why.startsWith(state) ? why : `${state}: ${why}`;
}

/** `Ab3x was trimmed in round 12: 3.1 times as far from the aggregate as the middle one; it served on the committee.` */
export function cellText(view: RunView, peer: number, round: number): string {
  const cell = view.cell(peer, round);
  const serves = view.serves(peer, round) ? ' It served on the committee.' : '';
  const contributions = view.rounds[round]?.contributions;
  const place = contributions?.peers.indexOf(peer) ?? -1;
  const distance = contributions?.distance?.[place];
  const scale = contributions?.scale?.[place];
  const far =
    distance === undefined || distance === null
      ? ''
      : `, ${threeDigits(distance)} from the aggregate, ${threeDigits(view.remoteness(peer, round))} times the middle one`;
  const by = cell === CELL.clipped && scale !== undefined ? ` to ${percentText(scale)} of its length` : '';
  return `${view.name(peer)} in round ${round}: ${CELL_WORDS[cell]}${by}${far}.${serves}`;
}

/** An event as a sentence; undefined for what comes each round and is shown in pictures. */
export function eventText(view: RunView, event: RunEvent): string | undefined {
  const name = (peer: number): string => view.name(peer);
  switch (event.e) {
    case 'peer':
      return `${name(event.peer)} was seen for the first time`;
    case 'view':
      return `round ${event.round}: the proposer of view ${event.view - 1} was not heard in time`;
    case 'attempt':
      return event.state === 'abandoned'
        ? `round ${event.round}: ${name(event.peer)} waits no longer for committee ${event.attempt}`
        : `round ${event.round}: a larger committee has begun (attempt ${event.attempt})`;
    case 'skip':
      return `round ${event.round} changed nothing: ${event.reason}`;
    case 'evaluation': {
      const what = event.baseline === null ? `after round ${event.round}` : event.baseline;
      return `${what}: accuracy ${percentText(event.accuracy)}, loss ${threeDigits(event.loss)}`;
    }
    case 'refusal':
      return `${name(event.peer)} refused ${event.count} ${event.count === 1 ? 'message' : 'messages'} from ${name(event.from)}: ${event.code}`;
    case 'conviction':
      return `${name(event.peer)} signed two different ${event.about}s in round ${event.round}`;
    case 'exclusion':
      return `round ${event.round} took the seat of ${name(event.peer)} for good`;
    case 'trouble':
      return `${name(event.peer)}: ${event.what} in round ${event.round}`;
    case 'waiting':
      return `${name(event.peer)} has waited ${durationText(event.seconds)}: ${event.why}`;
    case 'word':
      return `${name(event.peer)}: ${event.text}`;
    case 'end':
      return `the run ${event.state === 'stopped' ? 'was ' : event.state === 'finished' ? 'is ' : ''}${endText(event)}`;
    default:
      return undefined;
  }
}

/** Said where the event log of a run cannot be written on; `reason` names the file and what came between. */
export function endedLog(reason: string): string {
  return (
    `${reason}: the event log ends here and the run goes on. \`synod observe\` and \`synod report\` will show it up to` +
    ' here only; make room, or name another folder with --dir, before the next run'
  );
}
