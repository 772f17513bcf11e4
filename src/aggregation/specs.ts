/**
 * Rules and pre-aggregators as plain data, the way an experiment file and a command line name them: the union of what the
 * definitions' schemas give, and the way from there back to the definition.
 */
import { present } from '../foundation/assert.ts';
import { parseWith } from '../foundation/schema.ts';
import type { SpecOf } from '../foundation/variant-schema.ts';
import { ALL_PRE_AGGREGATORS, PRE_AGGREGATOR } from './all-pre-aggregators.ts';
import { ALL_RULES, RULE } from './all-rules.ts';
import type { BASE_RULES } from './base-rules.ts';
import type { PreAggregatorDefinition } from './define-pre-aggregator.ts';
import type { LoadedRule, OwnRuleSpec } from './own-rule.ts';

export type BuiltInBaseSpec = SpecOf<(typeof BASE_RULES)[number]>;
export type BaseRuleSpec = BuiltInBaseSpec | OwnRuleSpec;

/** A rule that works around the aggregate of another. */
export interface OverBaseSpec {
  readonly name: 'ctma';
  readonly base: BaseRuleSpec;
  /** Share of the inputs' weight that is cut off; left out: f / n. */
  readonly trim?: number;
}

export type RuleSpec = BaseRuleSpec | OverBaseSpec;

export type PreAggregatorSpec = SpecOf<(typeof ALL_PRE_AGGREGATORS)[number]>;

/** Pre-aggregators in order, then one rule. */
export interface Pipeline {
  readonly pre: readonly PreAggregatorSpec[];
  readonly rule: RuleSpec;
}

export const RULE_NAMES: readonly string[] = ALL_RULES.map(({ name }) => name);
export const PRE_AGGREGATOR_NAMES: readonly string[] = ALL_PRE_AGGREGATORS.map(({ name }) => name);

const RULES = new Map(ALL_RULES.map((definition) => [definition.name, definition]));
const PRE_AGGREGATORS = new Map<string, PreAggregatorDefinition>(
  ALL_PRE_AGGREGATORS.map((definition) => [definition.name, definition]),
);

/** The settings that a rule or a pre-aggregator takes. */
export function settingsOf(name: string): readonly string[] {
  return (RULES.get(name) ?? PRE_AGGREGATORS.get(name))?.settings ?? [];
}

/** A rule's definition and its settings; undefined for a rule of the user's own that is not loaded. */
export function ruleOf(spec: RuleSpec): LoadedRule | undefined {
  if (spec.name === 'module') return spec.loaded;
  return { definition: present(RULES.get(spec.name), `the rule ${spec.name}`), spec };
}

export function preAggregatorOf(spec: PreAggregatorSpec): PreAggregatorDefinition {
  return present(PRE_AGGREGATORS.get(spec.name), `the pre-aggregator ${spec.name}`);
}

/** The rule that is run over all points: what another works around, or the rule itself. */
export function baseOf(rule: RuleSpec): BaseRuleSpec {
  return 'base' in rule ? rule.base : rule;
}

/** `"krum"`, `{ name: "median", ties: "lower" }`, `{ name: "ctma", base: "median" }` or `"./my-rule.ts"`. */
export function parseRule(value: unknown, field: string): RuleSpec {
  return parseWith(RULE, value, field) as RuleSpec;
}

/** `"nnm"` or `{ name: "bucketing", s: 2 }`. */
export function parsePreAggregator(value: unknown, field: string): PreAggregatorSpec {
  return parseWith(PRE_AGGREGATOR, value, field);
}
