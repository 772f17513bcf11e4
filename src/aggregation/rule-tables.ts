/** The tables of docs/aggregation.md, from the definitions. */
import { ALL_PRE_AGGREGATORS } from './all-pre-aggregators.ts';
import { ALL_RULES } from './all-rules.ts';
import type { PreAggregatorDefinition } from './define-pre-aggregator.ts';
import type { RuleDefinition } from './define-rule.ts';
import { measuresOf } from './needs.ts';
import { parseRule, type BaseRuleSpec } from './specs.ts';

/** Passes of a rule that works around another, which its base decides. */
const OVER_BASE = 'as the base: K + S, or C + D + S';

export function rulesTable(): readonly string[] {
  return [
    '| name | source | needs | settings (default) | passes over the inputs |',
    '|---|---|---|---|---|',
    ...ALL_RULES.map((rule) =>
      row(`\`${rule.name}\``, rule.source, rule.needs ?? 'n > 2f', rule.about ?? '', passesOf(rule)),
    ),
  ];
}

export function preAggregatorsTable(): readonly string[] {
  const all: readonly PreAggregatorDefinition[] = ALL_PRE_AGGREGATORS;
  return [
    '| pre-aggregator | source | settings | what it does |',
    '|---|---|---|---|',
    ...all.map(({ name, source, about = '', does }) => row(`\`${name}\``, source, about, does)),
  ];
}

/** With the defaults of its settings. */
function passesOf({ name, columns, pick, trim }: RuleDefinition): string {
  if (trim !== undefined) return OVER_BASE;
  if (columns !== undefined) return pick === undefined ? 'C' : 'K + C';
  const { level } = measuresOf(parseRule(name, 'rule') as BaseRuleSpec);
  return { nothing: 'S', norms: 'D + S', gram: 'K + S' }[level];
}

function row(...cells: readonly string[]): string {
  return `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |');
}
