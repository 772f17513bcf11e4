/** What a pipeline must measure of its inputs: as little as its parts can do with. */
import { present } from '../foundation/assert.ts';
import type { Level, Measures } from './define-rule.ts';
import type { Anchor } from './geometry.ts';
import { baseOf, preAggregatorOf, ruleOf, type BaseRuleSpec, type Pipeline } from './specs.ts';

export interface Needs {
  readonly level: Level;
  readonly anchors: readonly Anchor[];
}

export function needsOf({ pre, rule }: Pipeline, hasPrevious: boolean): Needs {
  const levels: Level[] = ['nothing'];
  const anchors = new Set<Anchor>();
  let mixed = false;
  const add = ({ level, anchors: wanted = [] }: Measures): void => {
    levels.push(mixed && level === 'norms' ? 'gram' : level);
    for (const anchor of wanted) {
      anchors.add(anchor === 'start' ? (hasPrevious ? 'previous' : 'origin') : anchor);
    }
  };
  for (const part of pre) {
    const { measures, mixes } = preAggregatorOf(part);
    add(measures);
    mixed ||= mixes;
  }
  add(measuresOf(baseOf(rule)));
  const highest = (['gram', 'norms', 'nothing'] as const).find((candidate) => levels.includes(candidate));
  return { level: highest ?? 'nothing', anchors: [...anchors] };
}

/** What a rule by itself needs to know of its points: nothing where it only works by columns. */
export function measuresOf(rule: BaseRuleSpec): Measures {
  const { definition, spec } = present(ruleOf(rule), 'a rule that is loaded');
  if (definition.columns !== undefined && definition.pick === undefined) return { level: 'nothing' };
  return definition.measures?.(spec) ?? { level: 'gram' };
}
