/** Learning rates as functions of the step, in exact arithmetic: every peer must take the same step. */
import { z } from 'zod';
import { integer, parseWith, withShorthand, positive } from '../foundation/schema.ts';

/** `step` counts applied updates from 0. */
export type Schedule =
  | { readonly kind: 'constant'; readonly rate: number }
  /** Linear from 0 over `warmup` steps, then linear from `rate` down to `rate * floor` at step `steps`, then flat. */
  | {
      readonly kind: 'linear';
      readonly rate: number;
      readonly warmup: number;
      readonly steps: number;
      readonly floor: number;
    }
  /** `rate` times `factor` once for each milestone (ascending) that the step has reached. */
  | {
      readonly kind: 'milestones';
      readonly rate: number;
      readonly milestones: readonly number[];
      readonly factor: number;
    }
  /** rate / sqrt(1 + step / scale) */
  | { readonly kind: 'inverse-sqrt'; readonly rate: number; readonly scale: number };

export function rateAt(schedule: Schedule, step: number): number {
  switch (schedule.kind) {
    case 'constant':
      return schedule.rate;
    case 'linear': {
      const { rate, warmup, steps, floor } = schedule;
      if (step < warmup) return (rate * (step + 1)) / warmup;
      const progress = Math.min(1, (step - warmup) / Math.max(1, steps - warmup));
      return rate * (1 - (1 - floor) * progress);
    }
    case 'milestones': {
      let rate = schedule.rate;
      for (const milestone of schedule.milestones) if (step >= milestone) rate *= schedule.factor;
      return rate;
    }
    case 'inverse-sqrt':
      return schedule.rate / Math.sqrt(1 + step / schedule.scale);
  }
}

const milestones = z
  .array(integer(1), { error: 'be a list of ascending steps' })
  .min(1)
  .refine((steps) => steps.every((step, i) => i === 0 || step > (steps[i - 1] as number)), {
    error: 'be a list of ascending steps',
  });

const KINDS = [
  z.strictObject({ kind: z.literal('constant'), rate: positive }),
  z.strictObject({
    kind: z.literal('linear'),
    rate: positive,
    warmup: integer(0).default(0),
    steps: integer(1),
    floor: z.number().min(0).max(1).default(0),
  }),
  z.strictObject({
    kind: z.literal('milestones'),
    rate: positive,
    milestones,
    factor: positive.max(1).default(0.1),
  }),
  z.strictObject({ kind: z.literal('inverse-sqrt'), rate: positive, scale: positive.default(1) }),
] as const;

/** A bare number is a constant rate; so is an object without a kind. */
export const SCHEDULE = withShorthand(
  (value) => {
    if (typeof value === 'number') return { kind: 'constant', rate: value };
    const isObject = typeof value === 'object' && value !== null;
    return isObject && !('kind' in value) ? { kind: 'constant', ...value } : value;
  },
  z.discriminatedUnion('kind', KINDS, {
    error: ({ input }) => (typeof input === 'object' ? undefined : 'be a rate above 0 or a schedule'),
  }),
  () => ({
    anyOf: [
      { type: 'number', exclusiveMinimum: 0 },
      {
        type: 'object',
        properties: { rate: { type: 'number', exclusiveMinimum: 0 } },
        required: ['rate'],
        additionalProperties: false,
      },
    ],
  }),
);

export function parseSchedule(value: unknown, field: string): Schedule {
  return parseWith<Schedule>(SCHEDULE, value, field);
}
