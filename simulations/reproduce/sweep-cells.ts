/**
 * A user's own grid as data: an experiment (without a roster), the sizes of honest and Byzantine crowds, and lists of
 * values for any of its fields; parsed, and turned into cells of the lab.
 */
import { z } from 'zod';
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import { parseExperiment } from '../../src/config/experiment.ts';
import { invalidField, OperatorError } from '../../src/foundation/operator-error.ts';
import { integer, parseWith } from '../../src/foundation/schema.ts';
import { simulatedRoster, type LabSettings } from '../training/training-lab.ts';
import { CURVE, labCell } from './accuracy-grid.ts';
import type { Cell } from './reproduction.ts';
import { labelOf } from './sweep-labels.ts';

const MOMENTUM_OF = ['sampled', 'all'] as const;
/** `sampled`: as papers state it; `all`: as released code has it (arXiv 2311.14127). */
export type MomentumOf = (typeof MOMENTUM_OF)[number];

export interface SweepSpec {
  readonly name: string;
  readonly experiment: Readonly<Record<string, unknown>>;
  readonly workers: number;
  readonly byzantine: number;
  readonly attack: unknown;
  /** Whose momentum advances in a round in which only a cohort is sampled. */
  readonly momentum: MomentumOf;
  readonly seeds: readonly number[];
  /** Values to try, by path: `workers`, `byzantine`, `attack`, `momentum`, or a dotted path in the experiment. */
  readonly grid: readonly (readonly [path: string, values: readonly unknown[]])[];
  /** Paths of the grid whose value is chosen, for each combination of the others, for its worst attack. */
  readonly choose: readonly string[];
  /** Share of the training examples by which they are chosen; no worker holds these. */
  readonly validation: number;
}

const VALIDATION_SHARE = 0.1;

const MOST_CELLS = 100_000;

const seeds = z
  .array(z.int())
  .min(1)
  .refine((list) => new Set(list).size === list.length, { error: 'name each seed once' });

const SWEEP = z.strictObject({
  name: z.string().min(1).default('sweep'),
  experiment: z
    .looseObject({
      roster: z.undefined({ error: 'be left out: `workers` says how many there are' }).optional(),
    })
    .default({}),
  workers: integer(1, 10_000),
  byzantine: integer(0, 10_000).default(0),
  attack: z.unknown().default(null),
  momentum: z.enum(MOMENTUM_OF).default('sampled'),
  seeds: z.preprocess((value) => (typeof value === 'number' ? [value] : value), seeds).default([1]),
  grid: z
    .record(
      z.string(),
      z
        .array(z.unknown(), { error: 'be a list of values to try' })
        .nonempty()
        .refine((values) => new Set(values.map((value) => JSON.stringify(value))).size === values.length, {
          error: 'name each value once',
        }),
    )
    .transform((grid) => Object.entries(grid))
    .refine((grid) => grid.reduce((product, [, values]) => product * values.length, 1) <= MOST_CELLS, {
      error: `have at most ${MOST_CELLS} combinations`,
    })
    .default([]),
  choose: z.array(z.string()).default([]),
  validation: z
    .number()
    .positive()
    .max(0.9, { error: 'be a share of the training examples, at most 0.9' })
    .optional(),
});

export function parseSweep(value: unknown, field = 'sweep'): SweepSpec {
  const parsed = parseWith(SWEEP, value, field);
  const paths = parsed.grid.map(([path]) => path);
  for (const path of parsed.choose) {
    const known = paths.filter((one) => one !== 'attack');
    if (!known.includes(path)) {
      throw invalidField(
        `${field}.choose`,
        `name paths of the grid, the attack left out (${known.join(', ')})`,
        path,
      );
    }
  }
  if (parsed.validation !== undefined && parsed.choose.length === 0) {
    throw invalidField(`${field}.validation`, 'be left out where `choose` names nothing', parsed.validation);
  }
  return { ...parsed, validation: parsed.validation ?? VALIDATION_SHARE };
}

export interface SweepCells {
  readonly cells: readonly Cell[];
  /** Combinations that a rule's bound (or another check) refuses, with the reason. */
  readonly refused: readonly string[];
}

/** Every combination, checked as the experiment would be; throws where none is possible. */
export function sweepCells(spec: SweepSpec): SweepCells {
  const combinations = spec.grid.reduce<readonly (readonly [string, unknown])[][]>(
    (all, [path, values]) =>
      all.flatMap((known) => values.map((value) => [...known, [path, value] as const])),
    [[]],
  );
  const cells: Cell[] = [];
  const refused: string[] = [];
  let first: unknown;
  for (const combination of combinations) {
    try {
      const lab = settingsOf(spec, combination);
      checkLab(lab);
      const labels = Object.fromEntries(combination.map(([path, value]) => [path, labelOf(path, value)]));
      const complete = { attack: labelOf('attack', lab.attack), byzantine: lab.byzantine, ...labels };
      cells.push(...spec.seeds.map((seed) => labCell(complete, seed, lab)));
    } catch (error) {
      if (!(error instanceof OperatorError)) throw error;
      first ??= error;
      const name = combination.map(([path, value]) => `${path} = ${labelOf(path, value)}`).join(', ');
      refused.push(`${name}: ${error.message}`);
    }
  }
  if (cells.length === 0) throw first;
  return { cells, refused };
}

function settingsOf(spec: SweepSpec, combination: readonly (readonly [string, unknown])[]): LabSettings {
  const experiment = structuredClone(spec.experiment) as Record<string, unknown>;
  const top: Record<string, unknown> = {
    workers: spec.workers,
    byzantine: spec.byzantine,
    attack: spec.attack,
    momentum: spec.momentum,
  };
  for (const [path, value] of combination) {
    if (path in top) top[path] = value;
    else setPath(experiment, path.split('.'), value, path);
  }
  const { workers, byzantine } = top;
  if (!Number.isSafeInteger(workers) || !Number.isSafeInteger(byzantine)) {
    throw invalidField('workers and byzantine', 'be whole numbers', [workers, byzantine]);
  }
  const momentum = MOMENTUM_OF.find((name) => name === top['momentum']);
  if (momentum === undefined) {
    throw invalidField('momentum', `be one of ${MOMENTUM_OF.join(', ')}`, top['momentum']);
  }
  // unless it is stated, the rule is told the truth about f
  const aggregation = experiment['aggregation'];
  const told = typeof aggregation === 'string' ? { rule: aggregation } : aggregation;
  if (typeof told === 'object' && told !== null && !('f' in told)) {
    experiment['aggregation'] = { f: byzantine, ...told };
  }
  const attack = top['attack'] === 'none' ? null : (top['attack'] ?? null);
  const validation = spec.choose.length === 0 ? {} : { validation: spec.validation };
  return {
    experiment,
    workers: workers as number,
    byzantine: byzantine as number,
    attack,
    ...(momentum === 'all' && { idleAdvance: true }),
    ...validation,
    ...CURVE,
  };
}

function setPath(
  target: Record<string, unknown>,
  path: readonly string[],
  value: unknown,
  whole: string,
): void {
  const [name, ...rest] = path;
  if (name === undefined || name === '' || name === '__proto__') {
    throw invalidField(`grid.${whole}`, 'be a dotted path', whole);
  }
  if (rest.length === 0) {
    target[name] = value;
    return;
  }
  const inner = target[name];
  const object =
    typeof inner === 'object' && inner !== null ? inner : typeof inner === 'string' ? { kind: inner } : {};
  target[name] = object;
  setPath(object as Record<string, unknown>, rest, value, whole);
}

/** Throws the OperatorError that the run would end with. */
export function checkLab({ experiment, workers, byzantine, attack }: LabSettings): void {
  if (byzantine > workers) throw invalidField('byzantine', `be at most the ${workers} workers`, byzantine);
  if (attack !== null) parseAttack(attack, 'attack');
  parseExperiment({ committee: { size: 1 }, ...experiment, roster: simulatedRoster(workers) });
}
