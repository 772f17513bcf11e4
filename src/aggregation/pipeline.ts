/**
 * An aggregation pipeline as plain data: pre-aggregators in order, then one rule. Parsed from an experiment file or a
 * command line, and checked against n and f before anything is computed.
 */
import { z } from 'zod';
import { didYouMean, nearestName } from '../foundation/nearest-name.ts';
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import { fieldPath, parseWith } from '../foundation/schema.ts';
import { pipelineFault } from './bounds.ts';
import { expandRulePath, isRulePath } from './own-rule.ts';
import {
  parsePreAggregator,
  parseRule,
  PRE_AGGREGATOR_NAMES,
  RULE_NAMES,
  settingsOf,
  type Pipeline,
} from './specs.ts';

export type { Pipeline } from './specs.ts';

/** More than this many pre-aggregators in a row has no use, and bounds the work. */
const MOST_PRE_AGGREGATORS = 8;

const PIPELINE = z.preprocess(
  (value) => (typeof value === 'string' ? { rule: value } : value),
  z.looseObject({
    pre: z
      .array(partOf(PRE_AGGREGATOR_NAMES), {
        error: `be a list of at most ${MOST_PRE_AGGREGATORS} pre-aggregators`,
      })
      .max(MOST_PRE_AGGREGATORS)
      .default([]),
    rule: partOf(RULE_NAMES, isRulePath),
    base: z.unknown().optional(),
  }),
);

/** A bare name is checked here, since a fault must name the field that holds it, not a `name` that nobody wrote. */
function partOf(names: readonly string[], isPath: (text: unknown) => boolean = () => false) {
  const isPart = (value: unknown): boolean =>
    typeof value === 'string' ? names.includes(value) || isPath(value) : isObject(value);
  return z.custom<string | Readonly<Record<string, unknown>>>(isPart, {
    error: `be one of ${names.join(', ')}`,
    params: { choices: names },
  });
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/**
 * Reads a pipeline: `"krum"`, or `{ pre: ["nnm", { name: "bucketing", s: 2 }], rule: "ctma", base: "median" }`.
 * Settings may stand inside the named parts, or beside `rule`, from where they go to whichever part knows them and is
 * given by its bare name. Throws an OperatorError that names the field.
 */
export function parsePipeline(value: unknown, field: string): Pipeline {
  refuseMisspelt(value, field);
  const { pre, rule, base, ...settings } = parseWith(PIPELINE, value, field);
  const taken = new Set<string>();
  const settle = (part: unknown): unknown => withSettings(part, settings, taken);
  const place = (part: unknown, ...path: PropertyKey[]) =>
    typeof part === 'string' ? field : fieldPath(field, path);

  const parsedPre = pre.map((part, i) => parsePreAggregator(settle(part), place(part, 'pre', i)));
  if (
    base !== undefined &&
    typeof rule === 'string' &&
    RULE_NAMES.includes(rule) &&
    !settingsOf(rule).includes('base')
  ) {
    throw invalidField(fieldPath(field, ['base']), `be left out: ${rule} takes none, only ctma does`, base);
  }
  const whole = base === undefined ? settle(rule) : { ...asObject(settle(rule)), base: settle(base) };
  const parsedRule = parseRule(whole, place(rule, 'rule'));

  const stranger = Object.keys(settings).find((name) => !taken.has(name));
  if (stranger !== undefined) {
    const parts = [...pre, rule, base].filter((part) => typeof part === 'string');
    throw invalidField(
      fieldPath(field, [stranger]),
      'be left out: no part of this pipeline knows it',
      settings[stranger],
      didYouMean(stranger, parts.flatMap(settingsOf)),
    );
  }
  return { pre: parsedPre, rule: parsedRule };
}

/** Of a pipeline without a rule: what was probably meant to be one. */
function refuseMisspelt(value: unknown, field: string): void {
  if (typeof value !== 'object' || value === null || 'rule' in value) return;
  const written = Object.keys(value).find(
    (name) => nearestName(name, PARTS) !== undefined && !PARTS.includes(name),
  );
  if (written === undefined) return;
  const found = (value as Readonly<Record<string, unknown>>)[written];
  throw invalidField(
    fieldPath(field, [written]),
    'be a part of a pipeline',
    found,
    didYouMean(written, PARTS),
  );
}

const PARTS = ['rule', 'base', 'pre'];

/** A part given by its bare name, with those of the pipeline's settings that it knows; a path takes what is left. */
function withSettings(
  part: unknown,
  settings: Readonly<Record<string, unknown>>,
  taken: Set<string>,
): unknown {
  if (typeof part !== 'string') return part;
  if (isRulePath(part)) {
    const left = Object.entries(settings).filter(([name]) => !taken.has(name));
    for (const [name] of left) taken.add(name);
    return { ...(expandRulePath(part) as object), settings: Object.fromEntries(left) };
  }
  const own: Record<string, unknown> = { name: part };
  for (const setting of settingsOf(part)) {
    if (settings[setting] === undefined) continue;
    own[setting] = settings[setting];
    taken.add(setting);
  }
  return Object.keys(own).length === 1 ? part : own;
}

function asObject(part: unknown): Record<string, unknown> {
  return typeof part === 'object' && part !== null ? (part as Record<string, unknown>) : { name: part };
}

/**
 * Throws an OperatorError naming the rule, its bound and the values where n inputs of which f may be Byzantine are
 * not enough for the pipeline.
 */
export function checkPipeline(pipeline: Pipeline, n: number, f: number, field: string): void {
  const fault = pipelineFault(pipeline, n, f);
  if (fault !== undefined) throw new OperatorError(field === '' ? fault : `${field}: ${fault}`);
}

/** The least number of inputs that the pipeline accepts when f of them may be Byzantine. */
export function leastInputs(pipeline: Pipeline, f: number): number {
  for (let n = 1; n <= MOST_INPUTS_SEARCHED; n++) {
    if (pipelineFault(pipeline, n, f) === undefined) return n;
  }
  throw new OperatorError(
    `no number of inputs up to ${MOST_INPUTS_SEARCHED} lets this pipeline bear f = ${f}`,
  );
}

const MOST_INPUTS_SEARCHED = 100_000;
