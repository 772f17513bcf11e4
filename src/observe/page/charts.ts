/** Curves over rounds, by uPlot: loss and accuracy with the baselines, bytes beside what was needed. */
import uPlot, { type AlignedData, type Options, type Series } from 'uplot';
import { attackedSpans, type Span } from '../attacked-rounds.ts';
import type { RunView } from '../run-view.ts';
import { bytesText, percentText, threeDigits } from '../sentences.ts';
import { meanBytes, neededBytes } from '../traffic.ts';
import type { TableText } from './dom.ts';
import { currentPalette } from './palette.ts';

const HEIGHT_PX = 300;

/** A chart in a place; `draw` gives it new numbers, and makes it anew where its series changed. */
export class Chart {
  private readonly place: HTMLElement;
  private readonly onRound: (round: number) => void;
  private plot: uPlot | undefined;
  private made = '';
  private shaded: readonly Span[] = [];

  constructor(place: HTMLElement, onRound: (round: number) => void) {
    this.place = place;
    this.onRound = onRound;
  }

  draw(
    series: Series[],
    data: AlignedData,
    axes: Options['axes'],
    scales: Options['scales'] = {},
    shaded: readonly Span[] = [],
  ): void {
    this.shaded = shaded;
    const { width } = this.place.getBoundingClientRect();
    const made = JSON.stringify([
      series.map(({ label, stroke }) => [label, typeof stroke === 'string' ? stroke : '']),
      Math.round(width),
    ]);
    if (this.plot !== undefined && this.made === made) return this.plot.setData(data);
    this.plot?.destroy();
    this.made = made;
    const options: Options = {
      width: Math.max(200, width),
      height: HEIGHT_PX,
      series,
      axes: axes ?? [],
      scales: { x: { time: false }, ...scales },
      legend: { live: false },
      cursor: { drag: { x: false, y: false } },
      hooks: {
        drawClear: [(plot) => shade(plot, this.shaded)],
        ready: [
          (plot) =>
            plot.over.addEventListener('click', () => {
              const round = plot.data[0][plot.cursor.idx ?? -1];
              if (round !== undefined) this.onRound(round);
            }),
        ],
      },
    };
    this.plot = new uPlot(options, data, this.place);
  }
}

function shade(plot: uPlot, spans: readonly Span[]): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.fillStyle = currentPalette().shade;
  for (const { first, last } of spans) {
    const from = Math.max(bbox.left, plot.valToPos(first - 0.5, 'x', true));
    const to = Math.min(bbox.left + bbox.width, plot.valToPos(last + 0.5, 'x', true));
    ctx.fillRect(from, bbox.top, Math.max(1, to - from), bbox.height);
  }
  ctx.restore();
}

function axisStyle(): { readonly stroke: string; readonly grid: { stroke: string; width: number } } {
  const { soft, grid } = currentPalette();
  return { stroke: soft, grid: { stroke: grid, width: 1 } };
}

export function drawProgress(chart: Chart, view: RunView): void {
  const { loss, accuracy, baseline } = currentPalette();
  const rounds = view.rounds.map((_, round) => round);
  const measured = new Map(view.evaluations.map((evaluation) => [evaluation.round, evaluation]));
  const baselines = [...view.baselines];
  const series: Series[] = [
    { label: 'round' },
    { label: 'training loss', stroke: loss, scale: 'loss', width: 1.5 },
    {
      label: 'test loss',
      stroke: loss,
      scale: 'loss',
      dash: [2, 4],
      width: 2,
      points: { show: true },
      spanGaps: true,
    },
    {
      label: 'accuracy',
      stroke: accuracy,
      scale: 'accuracy',
      width: 2,
      points: { show: true },
      spanGaps: true,
    },
    ...baselines.map(([label]) => ({ label, stroke: baseline, scale: 'accuracy', dash: [6, 4], width: 1.5 })),
  ];
  const data: AlignedData = [
    rounds,
    rounds.map((round) => view.loss(round)),
    rounds.map((round) => measured.get(round)?.loss ?? null),
    rounds.map((round) => measured.get(round)?.accuracy ?? null),
    ...baselines.map(([, { accuracy: reached }]) => rounds.map(() => reached)),
  ];
  const style = axisStyle();
  const axes = [
    { ...style, label: 'round', size: 46 },
    { ...style, scale: 'loss', label: 'loss', side: 3 as const, size: 64 },
    {
      ...style,
      scale: 'accuracy',
      label: 'accuracy',
      side: 1 as const,
      size: 64,
      grid: { show: false },
      values: (_: uPlot, values: number[]) => values.map((value) => `${Math.round(100 * value)} %`),
    },
  ];
  chart.draw(series, data, axes, { accuracy: { range: [0, 1] } }, attackedSpans(view));
}

export function progressTable(view: RunView): TableText {
  const measured = new Map(view.evaluations.map((evaluation) => [evaluation.round, evaluation]));
  return {
    caption: 'Loss and accuracy by round',
    head: ['round', 'training loss', 'test loss', 'accuracy'],
    rows: view.rounds.map((_, round) => [
      round,
      threeDigits(view.loss(round)),
      threeDigits(measured.get(round)?.loss),
      percentText(measured.get(round)?.accuracy),
    ]),
  };
}

export function drawBytes(chart: Chart, view: RunView): void {
  const { loss, accuracy, baseline } = currentPalette();
  const rounds = view.rounds.map((_, round) => round);
  const means = rounds.map((round) => meanBytes(view, round));
  const series: Series[] = [
    { label: 'round' },
    { label: 'received', stroke: accuracy, width: 1.5 },
    { label: 'sent', stroke: loss, width: 1.5, dash: [2, 3] },
    { label: 'needed (received)', stroke: baseline, width: 1.5, dash: [6, 4] },
  ];
  const data: AlignedData = [
    rounds,
    means.map((mean) => mean?.received ?? null),
    means.map((mean) => mean?.sent ?? null),
    rounds.map((round) => neededBytes(view, round) ?? null),
  ];
  const style = axisStyle();
  const values = (_: uPlot, ticks: number[]) => ticks.map(bytesText);
  const axes = [
    { ...style, label: 'round', size: 46 },
    { ...style, label: 'a peer and round', size: 84, values },
  ];
  // from zero on, so that what is above the need is seen in its proportion
  const range = (_: uPlot, _least: number, most: number): [number, number] => [0, most * 1.05];
  chart.draw(series, data, axes, { y: { range } });
}

export function bytesTable(view: RunView): TableText {
  return {
    caption: 'Bytes a peer and round, on the sockets; what the encodings need',
    head: ['round', 'received', 'sent', 'needed (received)'],
    rows: view.rounds.map((_, round) => {
      const mean = meanBytes(view, round);
      return [round, mean?.received, mean?.sent, neededBytes(view, round)].map((x) =>
        x === undefined ? '–' : Math.round(x),
      );
    }),
  };
}
