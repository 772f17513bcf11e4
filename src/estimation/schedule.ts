/** Learning rates as functions of the step, in exact arithmetic: every peer must take the same step. */
import { FieldReader } from '../foundation/field-reader.ts';
import { invalidField } from '../foundation/operator-error.ts';

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

/** A bare number is a constant rate. */
export function parseSchedule(value: unknown, field: string): Schedule {
  if (typeof value === 'number')
    return { kind: 'constant', rate: readRate(new FieldReader({ rate: value }, field)) };
  const read = new FieldReader(value, field);
  const schedule = readSchedule(read, field, value);
  read.refuseOthers();
  return schedule;
}

function readSchedule(read: FieldReader, field: string, value: unknown): Schedule {
  const kind = read.oneOf('kind', ['constant', 'linear', 'milestones', 'inverse-sqrt'], 'constant');
  const rate = readRate(read);
  switch (kind) {
    case 'constant':
      return { kind, rate };
    case 'linear':
      return {
        kind,
        rate,
        warmup: read.integer('warmup', { min: 0, otherwise: 0 }),
        steps: read.integer('steps', { min: 1 }),
        floor: read.number('floor', { min: 0, max: 1, otherwise: 0 }),
      };
    case 'milestones': {
      const milestones = read.nested('milestones', [], parseMilestones);
      if (milestones.length === 0) throw invalidField(`${field}.milestones`, 'name at least one step', value);
      return { kind, rate, milestones, factor: read.number('factor', { above: 0, max: 1, otherwise: 0.1 }) };
    }
    case 'inverse-sqrt':
      return { kind, rate, scale: read.number('scale', { above: 0, otherwise: 1 }) };
  }
}

function readRate(read: FieldReader): number {
  return read.number('rate', { above: 0 });
}

function parseMilestones(value: unknown, path: string): readonly number[] {
  const steps: unknown[] = Array.isArray(value) ? value : [];
  const ascending = steps.every(
    (step, i) =>
      Number.isSafeInteger(step) &&
      (step as number) > 0 &&
      (i === 0 || (step as number) > (steps[i - 1] as number)),
  );
  if (!ascending || steps.length === 0) throw invalidField(path, 'be a list of ascending steps', value);
  return steps as number[];
}
