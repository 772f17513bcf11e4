/** One round as it is shown, and the states that a peer can have in it. */
import type { EventOf } from './event-table.ts';
import type { Phase } from './phases.ts';

/** What a peer was in a round, from least to most telling: a picture too small for each round shows the most telling. */
export const CELL = {
  notDrawn: 0,
  expected: 1,
  contributed: 2,
  clipped: 3,
  late: 4,
  absent: 5,
  trimmed: 6,
  invalid: 7,
  excluded: 8,
} as const;
export type CellCode = (typeof CELL)[keyof typeof CELL];

export const CELL_WORDS: Readonly<Record<CellCode, string>> = {
  0: 'not drawn',
  1: 'asked, not decided yet',
  2: 'contributed',
  3: 'clipped',
  4: 'late',
  5: 'absent',
  6: 'trimmed',
  7: 'refused',
  8: 'excluded',
};

export interface PhaseMark {
  readonly peer: number;
  readonly phase: Phase;
  /** Milliseconds since 1970, as all times here. */
  readonly end: number;
  readonly ms: number;
}

export interface RoundView {
  readonly round: number;
  opened: EventOf<'round'> | undefined;
  /** When it began: when the first peer saw it, or the round before it was decided. */
  startedAt: number;
  decidedAt: number | undefined;
  decision: EventOf<'decision'> | undefined;
  contributions: EventOf<'contributions'> | undefined;
  skip: string | undefined;
  readonly views: EventOf<'view'>[];
  readonly phases: PhaseMark[];
  readonly bytes: Map<number, EventOf<'bytes'>>;
  /** Of the workers that are not known to attack. */
  lossSum: number;
  losses: number;
  /** The round's column of the matrix, made when it is first looked at; undefined after a change. */
  column: Column | undefined;
}

export interface Column {
  readonly cells: Uint8Array;
  readonly serves: Uint8Array;
  /** Distances as multiples of the round's median. */
  readonly remoteness: Float32Array;
}

/** What the round looks like in the matrix. */
export function columnOf({ opened, contributions, decision }: RoundView, peers: number): Column {
  const cells = new Uint8Array(peers);
  const serves = new Uint8Array(peers);
  const remoteness = new Float32Array(peers).fill(1);
  for (const peer of opened?.committee ?? []) serves[peer] = 1;
  if (contributions === undefined) {
    const isAsked = opened !== undefined && decision === undefined;
    if (isAsked && opened.cohort === null) cells.fill(CELL.expected);
    else if (isAsked) for (const peer of opened.cohort ?? []) cells[peer] = CELL.expected;
    return { cells, serves, remoteness };
  }
  const { distance, scale, absent, late, invalid, trimmed } = contributions;
  const middle = distance === undefined ? 0 : medianOf(distance);
  contributions.peers.forEach((peer, place) => {
    cells[peer] = (scale?.[place] ?? 1) < 1 ? CELL.clipped : CELL.contributed;
    const far = distance?.[place];
    if (far !== undefined && far !== null && middle > 0) remoteness[peer] = far / middle;
  });
  for (const peer of absent) cells[peer] = CELL.absent;
  for (const peer of late) cells[peer] = CELL.late;
  for (const [peer] of invalid) if (cells[peer] === CELL.absent) cells[peer] = CELL.invalid;
  for (const peer of trimmed) cells[peer] = CELL.trimmed;
  return { cells, serves, remoteness };
}

function medianOf(values: readonly (number | null)[]): number {
  return values.map((value) => value ?? 0).sort((a, b) => a - b)[values.length >> 1] ?? 0;
}
