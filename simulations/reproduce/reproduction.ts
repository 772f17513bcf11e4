/**
 * What a reproduction is: a grid of cells that run independently of each other, each from plain settings, and a summary
 * of their outcomes in tables, figures and words. The grid runner knows nothing more.
 */
import type { Verdict } from './verdict.ts';

export type Scalar = string | number | boolean | null;

export interface Cell {
  /** Unique within the reproduction; a file name. */
  readonly id: string;
  /** Everything that decides the outcome, the seed included; its digest guards stored outcomes. */
  readonly settings: Readonly<Record<string, unknown>>;
}

export interface CurvePoint {
  readonly x: number;
  readonly y: number;
}

export interface Outcome {
  /** Measured numbers by name; null where there is none (a run that left the range of numbers). */
  readonly values: Readonly<Record<string, number | null>>;
  readonly curve: readonly CurvePoint[];
  /** Digest of the final state: equal seeds give equal digests. */
  readonly digest: string;
  readonly seconds: number;
}

export interface FinishedCell extends Cell {
  readonly outcome: Outcome;
}

/** Runs cells one after another in one thread. */
export interface CellRunner {
  run(settings: Cell['settings'], onProgress: (share: number) => void): Promise<Outcome>;
  close(): Promise<void>;
}

/** `quick`: minutes; `standard`: what docs/reproductions.md shows; `paper`: the paper's own networks and rounds. */
export type GridSize = 'quick' | 'standard' | 'paper';

export interface GridRequest {
  readonly size: GridSize;
  readonly seeds: readonly number[];
}

export interface Table {
  readonly title: string;
  readonly columns: readonly string[];
  readonly rows: readonly (readonly string[])[];
  readonly note?: string;
  /** Of times: left out where the machine of the runs had other work. */
  readonly isTiming?: true;
}

export type Figure =
  | {
      readonly kind: 'lines';
      readonly title: string;
      readonly x: string;
      readonly y: string;
      readonly logY: boolean;
      readonly series: readonly { readonly name: string; readonly points: readonly CurvePoint[] }[];
    }
  | {
      readonly kind: 'heat-map';
      readonly title: string;
      readonly x: string;
      readonly y: string;
      readonly cells: readonly { readonly x: string; readonly y: string; readonly value: number }[];
    };

export interface Summary {
  readonly tables: readonly Table[];
  readonly figures: readonly Figure[];
  readonly verdicts: readonly Verdict[];
  /** What `--json` prints. */
  readonly json: unknown;
}

export interface Reproduction {
  readonly name: string;
  readonly title: string;
  /** The paper, its experiment and what of it is shown. */
  readonly about: string;
  readonly defaultSeeds: readonly number[];
  readonly quickSeeds: readonly number[];
  /** How this run is smaller than the paper's, in sentences; empty for full size. */
  reductions(request: GridRequest): readonly string[];
  cells(request: GridRequest): readonly Cell[];
  /** The data set that it needs, by name. */
  readonly data: string;
  /** Opens data and engine in a worker thread. */
  open(dataDir: string | undefined): Promise<CellRunner>;
  summarise(cells: readonly FinishedCell[], request: GridRequest): Summary;
}
