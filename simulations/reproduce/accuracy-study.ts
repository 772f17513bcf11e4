/**
 * The frame of the image experiments: an experiment states its runs (labels, and the settings that follow from them)
 * and what to show of them; seeds, cells, the lab and `--json` are the same for all.
 */
import { CURVE, FULL_PRECISION, labCell, openLab, rowsJson, type Labels } from './accuracy-grid.ts';
import type {
  Cell,
  FinishedCell,
  GridRequest,
  GridSize,
  Reproduction,
  Scalar,
  Summary,
} from './reproduction.ts';
import { verdictOf, type Finding } from './verdict.ts';

export interface AccuracyStudy<L extends Labels> {
  readonly name: string;
  readonly title: string;
  readonly about: string;
  /** The data set's name. */
  readonly data: string;
  /** How a run of this size is smaller than the paper's, in sentences. */
  readonly reductions: (size: Exclude<GridSize, 'paper'>) => readonly string[];
  /** Of each run of a seed; together they tell runs apart. */
  readonly runs: (size: GridSize) => readonly L[];
  readonly settings: (labels: L, size: GridSize) => RunSettings;
  readonly show: (cells: readonly FinishedCell[], size: GridSize) => Shown;
}

/** A summary whose verdicts are still findings: what the run leaves out is known to the frame. */
export interface Shown extends Omit<Summary, 'json' | 'verdicts'> {
  readonly findings: readonly Finding[];
}

export interface RunSettings {
  /** An experiment file's content without roster and seed; vectors travel as float32 unless it says otherwise. */
  readonly experiment: Readonly<Record<string, unknown>>;
  readonly workers: number;
  readonly byzantine: number;
  /** As `parseAttack` reads it; null: none. */
  readonly attack: unknown;
  /** As the simulation's. */
  readonly idleAdvance?: boolean;
  /** Points of the accuracy curve and the test examples of each; CURVE unless stated. */
  readonly curve?: { readonly evaluations: number; readonly curveExamples: number };
}

export function accuracyStudy<L extends Labels>(study: AccuracyStudy<L>): Reproduction {
  const { name, title, about, data } = study;
  const reductions = ({ size }: GridRequest) => (size === 'paper' ? [] : study.reductions(size));
  return {
    name,
    title,
    about,
    data,
    defaultSeeds: [1, 2, 3],
    quickSeeds: [1],
    reductions,
    cells: (request) => cellsOf(study, request),
    open: openLab,
    summarise: (cells, request) => {
      const { findings, ...shown } = study.show(cells, request.size);
      const verdicts = findings.map((finding) => verdictOf(finding, reductions(request)));
      return { ...shown, verdicts, json: rowsJson(cells) };
    },
  };
}

function cellsOf<L extends Labels>(study: AccuracyStudy<L>, { size, seeds }: GridRequest): readonly Cell[] {
  const runs = study.runs(size).map((labels) => {
    const {
      experiment,
      workers,
      byzantine,
      attack,
      idleAdvance,
      curve = CURVE,
    } = study.settings(labels, size);
    const lab = {
      experiment: { ...experiment, compression: experiment['compression'] ?? FULL_PRECISION },
      workers,
      byzantine,
      attack,
      ...(idleAdvance === true && { idleAdvance }),
      ...curve,
    };
    return { labels, lab };
  });
  return seeds.flatMap((seed) => runs.map(({ labels, lab }) => labCell(labels, seed, lab)));
}

/** Every combination of a value of each axis; the last axis varies fastest. */
export function combinations<const A extends Readonly<Record<string, readonly Scalar[]>>>(
  axes: A,
): { [K in keyof A]: A[K][number] }[] {
  const rows = Object.entries(axes).reduce<Record<string, Scalar>[]>(
    (all, [key, values]) => all.flatMap((row) => values.map((value) => ({ ...row, [key]: value }))),
    [{}],
  );
  return rows as { [K in keyof A]: A[K][number] }[];
}
