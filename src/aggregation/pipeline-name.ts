/** A pipeline as people write it: `arc + nnm + trimmed-mean`, `ctma over geometric-median (iterations converge)`. */
import { basename } from 'node:path';
import type { Pipeline } from './pipeline.ts';
import { parsePreAggregator, parseRule } from './specs.ts';

/** Parts in order; settings are named where they differ from what the bare name means. */
export function pipelineName({ pre, rule }: Pipeline): string {
  const own =
    'base' in rule ? `${named(rule, without(rule, 'base'), {})} over ${ruleText(rule.base)}` : ruleText(rule);
  return [...pre.map(preText), own].join(' + ');
}

function ruleText(rule: Pipeline['rule']): string {
  if (rule.name === 'module') return named({ name: basename(rule.path) }, rule.settings, {});
  return named(rule, rule, parseRule(rule.name, 'rule'));
}

function preText(pre: Pipeline['pre'][number]): string {
  return named(pre, pre, pre.name === 'clip' ? {} : parsePreAggregator(pre.name, 'pre'));
}

function without(rule: object, name: string): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(rule).filter(([key]) => key !== name));
}

function named({ name }: { readonly name: string }, settings: object, usual: object): string {
  const known = usual as Readonly<Record<string, unknown>>;
  const own = Object.entries(settings).filter(([key, value]) => key !== 'name' && value !== known[key]);
  // the exact geometric median needs no smoothing: its nu follows from `converge`
  const told = own.filter(([key, value]) => !(key === 'nu' && value === 0));
  return told.length === 0
    ? name
    : `${name} (${told.map(([key, value]) => `${key} ${String(value)}`).join(', ')})`;
}
