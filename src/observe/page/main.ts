/** The page: takes events, keeps one RunView, and draws what is selected whenever something has changed. */
import { attackedText } from '../attacked-rounds.ts';
import { RunView } from '../run-view.ts';
import { cellText, clockText, cutOffText, durationText, percentText, stateText } from '../sentences.ts';
import { bytesTable, Chart, drawBytes, drawProgress, progressTable } from './charts.ts';
import { byId, h, renew, setText, textForm } from './dom.ts';
import { eventsTable } from './events-panel.ts';
import { onKeys } from './keys.ts';
import { linksPicture, linksTable } from './links-panel.ts';
import { cellAt, drawMatrix, layoutMatrix } from './matrix.ts';
import { matrixTable, showLegend, showNames } from './matrix-text.ts';
import { peerPanel } from './peer-panel.ts';
import { roundDetails, roundPanel } from './round-panel.ts';
import { Selection } from './selection.ts';
import { followStream } from './stream.ts';

/** No oftener than this is anything drawn. */
const DRAW_EVERY_MS = 200;
const LOOK_EVERY_MS = 30_000;

const view = new RunView();
const selection = new Selection(view, () => drawSoon(true));
let lostSince: Date | undefined;
let [ready, drawn, drawnLinks, timer]: [boolean, number, number, number | undefined] = [
  false,
  -1,
  -1,
  undefined,
];
const selectRound = (round: number | undefined): void => selection.setRound(round);
const selectPeer = (peer: number | undefined): void => selection.setPeer(peer);

const progress = new Chart(byId('progress'), selectRound);
const bytes = new Chart(byId('bytes'), selectRound);
const canvas = byId('matrix') as HTMLCanvasElement;
const scrubber = byId('scrubber') as HTMLInputElement;
const filter = byId('filter') as HTMLInputElement;

byId('progress-text').append(textForm(() => progressTable(view)));
byId('bytes-text').append(textForm(() => bytesTable(view)));
byId('matrix-text').append(textForm(() => matrixTable(view)));
byId('links-text').append(textForm(() => linksTable(view)));

function drawSoon(now = false): void {
  if (now) {
    [drawn, drawnLinks] = [-1, -1];
    clearTimeout(timer);
    timer = undefined;
  }
  timer ??= window.setTimeout(
    () => {
      timer = undefined;
      if (ready && drawn !== view.revision) draw();
    },
    now ? 0 : DRAW_EVERY_MS,
  );
}

function draw(): void {
  drawn = view.revision;
  drawTop();
  drawProgress(progress, view);
  drawBytes(bytes, view);
  setText('attacked', attackedText(view));
  showNames(byId('matrix-names'), view, layoutMatrix(view, 1).rowHeight);
  const width = Math.max(200, Math.floor(byId('matrix-place').clientWidth));
  drawMatrix(canvas, view, layoutMatrix(view, width), selection);
  const attackers = view.adversaries.size === 0 ? '' : `, ${view.adversaries.size} known to attack`;
  canvas.setAttribute(
    'aria-label',
    `${view.peers.length} peers${attackers} by ${view.rounds.length} rounds; as a table below`,
  );
  drawDetails();
  if (drawnLinks !== view.linkRevision) renew(byId('links'), ...linksPicture(view));
  drawnLinks = view.linkRevision;
  byId('events').replaceChildren(eventsTable(view, filter.value));
  document.body.dataset['ready'] = 'true';
}

function drawTop(): void {
  const { run } = view;
  const decided = view.decided + 1;
  const planned = view.plannedRounds;
  setText('name', run === undefined ? 'Synod' : run.name);
  document.title = run === undefined ? 'Synod' : `${run.name}: round ${decided}`;
  setText('round', planned === 0 ? 'no round yet' : `round ${decided} of ${planned}`);
  const lost =
    lostSince === undefined
      ? ''
      : ` (connection lost since ${clockText(lostSince.getTime())}; what is here is kept)`;
  const cutOff = lostSince === undefined ? cutOffText(view, Date.now()) : undefined;
  setText('state', `${cutOff ?? stateText(view)}${lost}`);
  const newest = view.evaluations.at(-1);
  const accuracy =
    newest === undefined ? '' : `accuracy ${percentText(newest.accuracy)} after round ${newest.round}`;
  setText('accuracy', accuracy);
  const seconds = view.secondsPerRound();
  const left =
    seconds === undefined || view.end !== undefined || cutOff !== undefined
      ? ''
      : durationText(seconds * (planned - decided));
  setText('left', left === '' ? '' : `${left} left`);
  const who =
    run === undefined ? '' : run.source === 'peer' ? `what ${view.name(run.self ?? 0)} sees` : 'a simulation';
  const attack =
    run?.attack === null || run === undefined ? '' : `; ${view.adversaries.size} send ${run.attack}`;
  setText(
    'about',
    run === undefined
      ? ''
      : `${who}: ${view.peers.length} peers${attack}; ${run.backend}, ${run.parameters} parameters`,
  );
}

function drawDetails(): void {
  const { peer, shownRound: round } = selection;
  scrubber.max = String(Math.max(0, view.newest));
  scrubber.value = String(round);
  scrubber.setAttribute('aria-valuetext', `round ${round}`);
  byId('live').setAttribute('aria-pressed', String(selection.round === undefined));
  setText('round-title', roundTitle(round));
  const panels = view.newest < 0 ? [h('p', {}, 'No round has begun yet.')] : roundPanel(view, round);
  renew(byId('round-panel'), ...panels);
  setText('details-title', `What came in round ${round}`);
  renew(byId('round-details'), ...roundDetails(view, round, selectPeer));
  byId('peer-section').hidden = peer === undefined;
  if (peer === undefined) return;
  setText('peer-title', `Peer ${view.name(peer)}${view.adversaries.has(peer) ? ', known to attack' : ''}`);
  renew(byId('peer-panel'), ...peerPanel(view, peer, selectRound));
}

function roundTitle(round: number): string {
  if (selection.round !== undefined) return `Round ${round}`;
  return view.end === undefined ? `The round under way: ${round}` : `The last round: ${round}`;
}

function underPointer(event: MouseEvent): { readonly peer: number; readonly round: number } | undefined {
  const { left, top, width, height } = canvas.getBoundingClientRect();
  const x = ((event.clientX - left) / width) * canvas.width;
  const y = ((event.clientY - top) / height) * canvas.height;
  return cellAt(view, layoutMatrix(view, Math.max(200, Math.floor(byId('matrix-place').clientWidth))), x, y);
}

canvas.addEventListener('mousemove', (event) => {
  const cell = underPointer(event);
  setText('cell', cell === undefined ? '' : cellText(view, cell.peer, cell.round));
});
canvas.addEventListener('click', (event) => {
  const cell = underPointer(event);
  if (cell === undefined) return;
  selection.peer = cell.peer;
  selectRound(cell.round);
});
scrubber.addEventListener('input', () => selectRound(Number(scrubber.value)));
filter.addEventListener('input', () => byId('events').replaceChildren(eventsTable(view, filter.value)));
byId('live').addEventListener('click', () => selectRound(undefined));
byId('peer-close').addEventListener('click', () => selectPeer(undefined));
window.addEventListener('resize', () => drawSoon(true));
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => drawSoon(true));

onKeys({
  round: (by) => selectRound(selection.shownRound + by),
  peer: (by) => selectPeer(Math.max(0, Math.min(view.peers.length - 1, (selection.peer ?? -1) + by))),
  live: () => selectRound(undefined),
  close: () => selectPeer(undefined),
  find: (text) => {
    const found = view.peers.findIndex((id) => id.toLowerCase().endsWith(text.toLowerCase()));
    if (found >= 0) selectPeer(found);
    return found >= 0;
  },
});

// a log that is no longer written to brings no event that would say so
window.setInterval(() => drawSoon(true), LOOK_EVERY_MS);
showLegend(byId('legend'));
void followStream({
  events(events) {
    for (const event of events) view.apply(event);
    drawSoon();
  },
  caughtUp() {
    ready = true;
    selection.read();
  },
  connection(open) {
    lostSince = open ? undefined : (lostSince ?? new Date());
    document.body.dataset['connection'] = open ? 'open' : 'lost';
    drawSoon(true);
  },
});
