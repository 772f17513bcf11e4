/** One round: what was decided by whom and when; and, in full, what each sent, what became of it, what it cost. */
import { PAYLOAD_KINDS } from '../phases.ts';
import { CELL_WORDS } from '../round-view.ts';
import type { RunView } from '../run-view.ts';
import { bytesText, durationText, threeDigits } from '../sentences.ts';
import { meanBytes, neededBy, neededBytes } from '../traffic.ts';
import { contributionsPicture } from './contributions-picture.ts';
import { h, table, textForm, type TableText } from './dom.ts';
import { phaseLegend, timeline, timelineTable } from './timeline.ts';

export function roundPanel(view: RunView, round: number): Node[] {
  const seen = view.rounds[round];
  if (seen === undefined) return [h('p', {}, `The log does not reach back to round ${round}.`)];
  const [proposer] = seen.opened?.committee ?? [];
  const sentences = [
    headline(view, round),
    seen.skip === undefined ? undefined : `It changed nothing: ${seen.skip}.`,
    ...seen.views.map(({ view: turn }) => `The proposer of view ${turn - 1} was not heard in time.`),
  ].filter((text) => text !== undefined);
  return [
    ...sentences.map((text) => h('p', {}, text)),
    proposer === undefined ? h('p', {}, 'Its committee is not in the log.') : committeeLine(view, round),
    timeline(view, round),
    phaseLegend(),
    textForm(() => timelineTable(view, round)),
  ];
}

/** What came and what it cost: the list with its measures, and bytes. */
export function roundDetails(view: RunView, round: number, onPeer: (peer: number) => void): Node[] {
  if (view.rounds[round] === undefined) return [];
  return [
    h(
      'div',
      {},
      ...contributionsPicture(view, round),
      h(
        'div',
        { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'contributions' },
        contributions(view, round, onPeer),
      ),
    ),
    h(
      'div',
      {},
      bytesByKind(view, round),
      textForm(() => bytesByPeer(view, round), 'Bytes of each peer, beside the need'),
    ),
  ];
}

function headline(view: RunView, round: number): string {
  const seen = view.rounds[round];
  const { decision, opened } = seen ?? {};
  if (seen === undefined || decision === undefined) {
    const asked = opened?.cohort?.length ?? opened?.seats;
    return `Round ${round} is under way${asked === undefined ? '' : `: ${asked} peers are asked`}.`;
  }
  const took =
    seen.decidedAt === undefined ? '' : ` after ${durationText((seen.decidedAt - seen.startedAt) / 1000)}`;
  const again = decision.attempt === 0 ? '' : `, by committee number ${decision.attempt + 1}`;
  return (
    `Round ${round} was decided${took} in view ${decision.view}${again}, on a list by ${view.name(decision.author)}. ` +
    `${decision.signers.length} of ${opened?.committee.length ?? '?'} members signed; certificate ${bytesText(decision.certificateBytes)}, ` +
    `update ${bytesText(decision.updateBytes)}; state ${decision.state.slice(0, 16)}.`
  );
}

function committeeLine(view: RunView, round: number): HTMLElement {
  const seen = view.rounds[round];
  const signers = new Set(seen?.decision?.signers);
  const members = (seen?.opened?.committee ?? []).map((peer) =>
    h(
      'li',
      { class: signers.has(peer) ? 'signed' : 'unsigned' },
      `${view.name(peer)}${seen?.decision === undefined ? '' : signers.has(peer) ? ' signed' : ' not among the signatures'}`,
    ),
  );
  return h('ol', { class: 'committee', 'aria-label': 'the committee, proposers in order' }, ...members);
}

function contributions(view: RunView, round: number, onPeer: (peer: number) => void): HTMLElement {
  const list = view.rounds[round]?.contributions;
  if (list === undefined) return h('p', {}, 'No list has been decided yet.');
  const asked = [...list.peers, ...list.absent].sort((a, b) => a - b);
  const heard = new Map(list.heard);
  const column = (values: readonly (number | null)[] | undefined, place: number): string =>
    place < 0 ? '–' : threeDigits(values?.[place]);
  return table({
    caption: `Contributions to round ${round}`,
    head: ['peer', 'state', 'bytes', 'heard after', 'norm', 'distance', 'cosine', 'weight', 'clipped to'],
    rows: asked.map((peer) => {
      const place = list.peers.indexOf(peer);
      const refused = list.invalid.find(([worker]) => worker === peer)?.[1];
      const word = CELL_WORDS[view.cell(peer, round)];
      return [
        h('button', { type: 'button', class: 'peer', click: () => onPeer(peer) }, view.name(peer)),
        refused === undefined ? word : `${word}: ${refused}`,
        place < 0 ? '–' : bytesText(list.bytes[place] ?? 0),
        heardText(heard.get(peer)),
        column(list.norm, place),
        column(list.distance, place),
        column(list.cosine, place),
        column(list.weight, place),
        list.scale === undefined ? '–' : column(list.scale, place),
      ];
    }),
  });
}

function bytesByKind(view: RunView, round: number): HTMLElement {
  const all = [...(view.rounds[round]?.bytes.values() ?? [])];
  const mean = meanBytes(view, round);
  if (mean === undefined) return h('p', {}, 'No bytes are counted for this round.');
  const average = (of: readonly (readonly number[])[], kind: number): string =>
    bytesText(of.reduce((sum, counts) => sum + (counts[kind] ?? 0), 0) / all.length);
  return table({
    caption: `Bytes of round ${round}, mean of ${all.length} ${all.length === 1 ? 'peer' : 'peers'}`,
    head: ['kind', 'sent', 'received'],
    rows: [
      ...PAYLOAD_KINDS.map((name, kind) => [
        name,
        average(
          all.map(({ sent }) => sent),
          kind,
        ),
        average(
          all.map(({ received }) => received),
          kind,
        ),
      ]),
      ['on the sockets', bytesText(mean.sent), bytesText(mean.received)],
      ['needed by the encodings', '', bytesText(neededBytes(view, round) ?? 0)],
    ],
  });
}

function heardText(ms: number | undefined): string {
  return ms === undefined ? '–' : durationText(ms / 1000);
}

function bytesByPeer(view: RunView, round: number): TableText {
  const all = [...(view.rounds[round]?.bytes ?? [])].sort(([a], [b]) => a - b);
  return {
    caption: `Bytes of each peer in round ${round}, on the sockets`,
    head: ['peer', 'part', 'sent', 'received', 'needed (received)'],
    rows: all.map(([peer, { wireSent, wireReceived }]) => [
      view.name(peer),
      view.serves(peer, round) ? 'member' : 'follower',
      wireSent,
      wireReceived,
      neededBy(view, peer, round) ?? '–',
    ]),
  };
}
