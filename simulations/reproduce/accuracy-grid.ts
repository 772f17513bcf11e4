/**
 * What the image experiments share: a cell is one training run in the lab, named by a few labels (rule, attack, ...);
 * its outcome is test accuracy over the rounds and at the end, time and bytes. Tables are pivots of the labels.
 */
import { TrainingLab, type LabSettings } from '../training/training-lab.ts';
import type {
  Cell,
  CellRunner,
  CurvePoint,
  FinishedCell,
  Figure,
  Outcome,
  Scalar,
  Table,
} from './reproduction.ts';
import { estimateOf, groupBy, percent, type Estimate } from './statistics.ts';

export type Labels = Readonly<Record<string, Scalar>>;

/** A cell of the lab: its id is made of its labels. */
export function labCell(labels: Labels, seed: number, lab: LabSettings): Cell {
  const id = [...Object.values(labels), `seed${seed}`].join('_').replaceAll(/[^A-Za-z0-9.+_-]+/g, '-');
  return { id, settings: { ...labels, seed, lab: { ...lab, experiment: { ...lab.experiment, seed } } } };
}

export function openLab(dataDir: string | undefined): Promise<CellRunner> {
  const lab = TrainingLab.open({ dataDir, backend: 'auto' });
  return Promise.resolve({
    run: (settings, onProgress) => runInLab(lab, settings['lab'] as LabSettings, onProgress),
    close: () => lab.close(),
  });
}

async function runInLab(
  lab: TrainingLab,
  settings: LabSettings,
  onProgress: (share: number) => void,
): Promise<Outcome> {
  const started = performance.now();
  const outcome = await lab.run(settings, onProgress);
  const { accuracy, loss, aggregateMs, contributionBytes, updateBytes, gradientsPerSecond, digest } = outcome;
  const { divergedIn, validationAccuracy } = outcome;
  const curve = outcome.curve.map(({ round, accuracy: y }) => ({ x: round, y }));
  return {
    values: {
      accuracy: divergedIn === undefined ? accuracy : null,
      ...(divergedIn === undefined ? {} : { divergedIn }),
      ...(validationAccuracy === undefined ? {} : { validationAccuracy }),
      loss: Number.isFinite(loss) ? loss : null,
      aggregateMs,
      contributionBytes,
      updateBytes,
      gradientsPerSecond,
      leastLate: leastOfSecondHalf(curve) ?? null,
    },
    curve,
    digest,
    seconds: (performance.now() - started) / 1000,
  };
}

/** Cells whose labels have all these values. */
export function where(cells: readonly FinishedCell[], labels: Labels): FinishedCell[] {
  return cells.filter(({ settings }) =>
    Object.entries(labels).every(([key, value]) => settings[key] === value),
  );
}

export function valuesOf(cells: readonly FinishedCell[], name: string): number[] {
  return cells.flatMap(({ outcome }) => outcome.values[name] ?? []);
}

/** Of the final accuracies; NaN for no cell. */
export function accuracyOf(cells: readonly FinishedCell[]): Estimate {
  return estimateOf(valuesOf(cells, 'accuracy'));
}

export function labelsOf(cells: readonly FinishedCell[], key: string): Scalar[] {
  return [...new Set(cells.map(({ settings }) => settings[key] as Scalar))];
}

/** Those of `values` that some cell has. */
export function presentOf<T extends Scalar>(
  cells: readonly FinishedCell[],
  key: string,
  values: readonly T[],
): T[] {
  const known = new Set(labelsOf(cells, key));
  return values.filter((value) => known.has(value));
}

/** Final accuracy in percent: one row for each value of `rows`, one column for each value of `columns`, and the worst. */
export function accuracyTable(
  title: string,
  cells: readonly FinishedCell[],
  rows: readonly string[],
  column: string,
  measure: Measure = FINAL,
): Table {
  const columns = labelsOf(cells, column);
  const groups = groupBy(cells, ({ settings }) => JSON.stringify(rows.map((key) => settings[key])));
  return {
    title,
    columns: [rows.join(', '), ...columns.map(String), 'worst'],
    rows: [...groups.values()].map((group) => {
      const estimates = columns.map((value) =>
        estimateOf(where(group, { [column]: value }).flatMap(measure.of)),
      );
      const diverged = columns.map((value) => divergedOf(where(group, { [column]: value })));
      const worst = Math.min(...estimates.map(({ mean }) => mean).filter((mean) => !Number.isNaN(mean)));
      const name = rows.map((key) => String(group[0]?.settings[key])).join(', ');
      const fields = estimates.map((estimate, i) => shown(estimate, diverged[i] as Diverged));
      const isWorst = diverged.some(({ count }) => count > 0);
      return [name, ...fields, isWorst ? 'diverged' : (100 * worst).toFixed(1)];
    }),
    note: `${measure.note}, ${meanOverSeeds(cells, [...rows, column])}.`,
  };
}

/** What a field is, by its seeds: `one seed`, or `mean ± standard error over 1 to 3 seeds (without ±: one)`. */
export function meanOverSeeds(cells: readonly FinishedCell[], labels: readonly string[]): string {
  const fields = groupBy(cells, ({ settings }) => JSON.stringify(labels.map((key) => settings[key])));
  const counts = [...fields.values()].map(
    (group) => new Set(group.map(({ settings }) => settings['seed'])).size,
  );
  const [least, most] = [Math.min(...counts), Math.max(...counts)];
  if (most <= 1) return 'one seed';
  const seeds = least === most ? `${most}` : `${least} to ${most}`;
  return `mean ± standard error over ${seeds} seeds${least === 1 ? ' (without ±: one)' : ''}`;
}

export interface Diverged {
  /** Cells that left the range of numbers, and all of them. */
  readonly count: number;
  readonly of: number;
}

export function divergedOf(cells: readonly FinishedCell[]): Diverged {
  const count = cells.filter(({ outcome }) => typeof outcome.values['divergedIn'] === 'number').length;
  return { count, of: cells.length };
}

function shown(estimate: Estimate, { count, of }: Diverged): string {
  const text = estimate.count === 0 ? '' : percent(estimate);
  if (count === 0) return text;
  return count === of ? 'diverged' : `${text} (${count} of ${of} diverged)`;
}

/** What a table shows of a cell. */
export interface Measure {
  readonly of: (cell: FinishedCell) => number | readonly number[];
  readonly note: string;
}

const FINAL: Measure = {
  of: (cell) => valuesOf([cell], 'accuracy'),
  note: 'Test accuracy in percent after the last round',
};

/** Whoever is thrown back from time to time may be found in good health at the end: the least of the second half. */
export const LEAST_OF_SECOND_HALF: Measure = {
  // a cell that was read from a result file has no curve
  of: ({ outcome: { curve, values } }) => leastOfSecondHalf(curve) ?? values['leastLate'] ?? [],
  note: 'Least test accuracy in percent at the points of the second half of the run',
};

function leastOfSecondHalf(curve: readonly CurvePoint[]): number | undefined {
  const late = curve.slice(Math.floor(curve.length / 2));
  return late.length === 0 ? undefined : Math.min(...late.map(({ y }) => y));
}

/** Mean accuracy over rounds, a line for each value of `key`. */
export function accuracyFigure(title: string, cells: readonly FinishedCell[], key: string): Figure {
  const series = [...groupBy(cells, ({ settings }) => String(settings[key]))].map(([name, group]) => ({
    name,
    points: meanCurve(group),
  }));
  return { kind: 'lines', title, x: 'round', y: 'test accuracy', logY: false, series };
}

function meanCurve(group: readonly FinishedCell[]): CurvePoint[] {
  return (group[0]?.outcome.curve ?? []).map(({ x }, i) => ({
    x,
    y: estimateOf(group.flatMap(({ outcome }) => outcome.curve[i]?.y ?? [])).mean,
  }));
}

/** Final accuracy as a heat map of two labels: the worst over attacks of the mean over seeds. */
export function worstCaseMap(title: string, cells: readonly FinishedCell[], x: string, y: string): Figure {
  const groups = groupBy(cells, ({ settings }) => JSON.stringify([settings[x], settings[y]]));
  const worst = (group: readonly FinishedCell[]) =>
    Math.min(...labelsOf(group, 'attack').map((attack) => accuracyOf(where(group, { attack })).mean));
  return {
    kind: 'heat-map',
    title,
    x,
    y,
    cells: [...groups.values()].map((group) => ({
      x: String(group[0]?.settings[x]),
      y: String(group[0]?.settings[y]),
      value: worst(group),
    })),
  };
}

/** `--json` of the image experiments: one object for each cell. */
export function rowsJson(cells: readonly FinishedCell[]): unknown {
  return {
    rows: cells.map(({ settings: { lab: _lab, ...labels }, outcome }) => ({
      ...labels,
      ...outcome.values,
      digest: outcome.digest,
    })),
  };
}

export const FULL_PRECISION = { contribution: 'float32', update: 'float32' };

/** Points of an accuracy curve, and the test examples of each but the last. */
export const CURVE = { evaluations: 8, curveExamples: 1000 };
