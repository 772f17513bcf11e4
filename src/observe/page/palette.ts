/** Colours of states and phases: told apart by the colour-blind (after Okabe and Ito), in light and dark. */
import { CELL, type CellCode } from '../round-view.ts';
import type { Phase } from '../phases.ts';

export type Rgb = readonly [number, number, number];

const LIGHT: Readonly<Record<CellCode, Rgb>> = {
  [CELL.notDrawn]: [247, 248, 250],
  [CELL.expected]: [226, 231, 238],
  [CELL.contributed]: [178, 196, 216],
  [CELL.clipped]: [240, 200, 70],
  [CELL.late]: [0, 158, 115],
  [CELL.absent]: [120, 120, 128],
  [CELL.trimmed]: [213, 94, 0],
  [CELL.invalid]: [160, 60, 150],
  [CELL.excluded]: [20, 20, 24],
};

const DARK: Readonly<Record<CellCode, Rgb>> = {
  ...LIGHT,
  [CELL.notDrawn]: [28, 31, 36],
  [CELL.expected]: [44, 50, 58],
  [CELL.contributed]: [70, 98, 130],
  [CELL.absent]: [128, 132, 140],
  [CELL.trimmed]: [240, 125, 30],
  [CELL.excluded]: [238, 238, 242],
};

export interface Palette {
  readonly cells: Readonly<Record<CellCode, Rgb>>;
  readonly ground: Rgb;
  readonly ink: string;
  readonly soft: string;
  readonly grid: string;
  readonly loss: string;
  readonly accuracy: string;
  readonly baseline: string;
  /** Behind attacked rounds. */
  readonly shade: string;
  /** A connection that broke. */
  readonly lost: string;
  readonly dot: Rgb;
  readonly phases: Readonly<Record<Phase, string>>;
}

const PHASES = {
  train: '#56b4e9',
  collect: '#b7bec8',
  aggregate: '#009e73',
  agree: '#cc79a7',
  adopt: '#e69f00',
};

export function currentPalette(): Palette {
  const isDark = matchMedia('(prefers-color-scheme: dark)').matches;
  return isDark
    ? {
        cells: DARK,
        ground: DARK[CELL.notDrawn],
        ink: '#e8eaed',
        soft: '#aab2bd',
        grid: '#343a42',
        loss: '#e69f00',
        accuracy: '#56b4e9',
        baseline: '#9aa3ad',
        shade: '#33291f',
        lost: '#f07d1e',
        dot: [255, 255, 255],
        phases: { ...PHASES, collect: '#6b7480' },
      }
    : {
        cells: LIGHT,
        ground: LIGHT[CELL.notDrawn],
        ink: '#1b1f24',
        soft: '#57606a',
        grid: '#dfe3e8',
        loss: '#b35c00',
        accuracy: '#0072b2',
        baseline: '#6e7781',
        shade: '#fbefe3',
        lost: '#d55e00',
        dot: [10, 20, 40],
        phases: PHASES,
      };
}

/** The tone of a cell: what was trimmed is the deeper the further it lay. */
export function toneOf(palette: Palette, cell: CellCode, remoteness: number): Rgb {
  const color = palette.cells[cell];
  if (cell !== CELL.trimmed) return color;
  const depth = Math.max(0.45, Math.min(1, 0.45 + (remoteness - 1) / 6));
  return color.map((x, i) =>
    Math.round(depth * x + (1 - depth) * (palette.ground[i] ?? 0)),
  ) as unknown as Rgb;
}
