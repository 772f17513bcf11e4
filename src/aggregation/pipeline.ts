/**
 * An aggregation pipeline as plain data: pre-aggregators in order, then one rule. Parsed from an experiment file or a
 * command line, and checked against n and f before anything is computed.
 */
import { FieldReader } from '../foundation/field-reader.ts';
import { invalidField, OperatorError } from '../foundation/operator-error.ts';
import { pipelineFault } from './bounds.ts';
import {
  parsePreAggregator,
  parseRule,
  PRE_AGGREGATOR_NAMES,
  RULE_NAMES,
  settingsOf,
  type PreAggregatorSpec,
  type RuleSpec,
} from './specs.ts';

export interface Pipeline {
  readonly pre: readonly PreAggregatorSpec[];
  readonly rule: RuleSpec;
}

/** More than this many pre-aggregators in a row has no use, and bounds the work. */
const MOST_PRE_AGGREGATORS = 8;

/**
 * Reads a pipeline: `"krum"`, or `{ pre: ["nnm", { name: "bucketing", s: 2 }], rule: "ctma", base: "median" }`.
 * Settings may stand inside the named parts, or beside `rule`, from where they go to whichever part knows them and is
 * given by its bare name. Throws an OperatorError that names the field.
 */
export function parsePipeline(value: unknown, field: string): Pipeline {
  const top = topLevel(value, field);
  const { pre = [], rule, base, ...settings } = top;
  const taken = new Set<string>();
  const settle = (part: unknown): unknown => withSettings(part, settings, taken);

  if (!Array.isArray(pre) || pre.length > MOST_PRE_AGGREGATORS) {
    throw invalidField(
      join(field, 'pre'),
      `be a list of at most ${MOST_PRE_AGGREGATORS} pre-aggregators`,
      pre,
    );
  }
  pre.forEach((part, i) => checkName(part, PRE_AGGREGATOR_NAMES, `${join(field, 'pre')}[${i}]`));
  if (rule === undefined) throw invalidField(join(field, 'rule'), 'be given', rule);
  checkName(rule, RULE_NAMES, join(field, 'rule'));
  const parsedPre = pre.map((part: unknown, i) =>
    parsePreAggregator(settle(part), typeof part === 'string' ? field : `${join(field, 'pre')}[${i}]`),
  );
  const bareRule = typeof rule === 'string';
  const whole = base === undefined ? settle(rule) : { ...asObject(settle(rule)), base: settle(base) };
  const parsedRule = parseRule(whole, bareRule ? field : join(field, 'rule'));

  const stranger = Object.keys(settings).find((name) => !taken.has(name));
  if (stranger !== undefined) {
    throw invalidField(
      join(field, stranger),
      'be left out: no part of this pipeline knows it',
      settings[stranger],
    );
  }
  return { pre: parsedPre, rule: parsedRule };
}

function topLevel(value: unknown, field: string): Record<string, unknown> {
  if (typeof value === 'string') return { rule: value };
  new FieldReader(value, field); // refuses anything but an object
  return value as Record<string, unknown>;
}

/** A part given by its bare name, with those of the pipeline's settings that it knows. */
function withSettings(
  part: unknown,
  settings: Readonly<Record<string, unknown>>,
  taken: Set<string>,
): unknown {
  if (typeof part !== 'string') return part;
  const own: Record<string, unknown> = { name: part };
  for (const setting of settingsOf(part)) {
    if (settings[setting] === undefined) continue;
    own[setting] = settings[setting];
    taken.add(setting);
  }
  return own;
}

/** A bare name is a setting of the pipeline, so its fault names that setting and not a `name` that nobody wrote. */
function checkName(part: unknown, names: readonly string[], field: string): void {
  if (typeof part !== 'string' || names.includes(part)) return;
  throw invalidField(field, `be one of ${names.join(', ')}`, part);
}

function asObject(part: unknown): Record<string, unknown> {
  return typeof part === 'object' && part !== null ? (part as Record<string, unknown>) : { name: part };
}

function join(field: string, name: string): string {
  return field === '' ? name : `${field}.${name}`;
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
