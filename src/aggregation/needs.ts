/** What a pipeline must measure of its inputs: as little as its parts can do with. */
import { isMixing } from './bounds.ts';
import type { Anchor } from './geometry.ts';
import type { Pipeline } from './pipeline.ts';
import type { BaseRuleSpec } from './specs.ts';

/** `nothing`: no inner products; `norms`: squared norms alone, n d reads; `gram`: all of them, n^2 d products. */
export type Level = 'nothing' | 'norms' | 'gram';

export interface Needs {
  readonly level: Level;
  readonly anchors: readonly Anchor[];
}

export function needsOf({ pre, rule }: Pipeline, hasPrevious: boolean): Needs {
  const levels: Level[] = ['nothing'];
  const anchors = new Set<Anchor>();
  let mixed = false;
  for (const part of pre) {
    if (part.name === 'nnm') levels.push('gram');
    if (part.name === 'clip' || part.name === 'arc') {
      levels.push(mixed ? 'gram' : 'norms');
      anchors.add('origin');
    }
    mixed ||= isMixing(part);
  }
  const base = rule.name === 'ctma' ? rule.base : rule;
  const level = levelOf(base);
  levels.push(mixed && level === 'norms' ? 'gram' : level);
  const start = hasPrevious ? 'previous' : 'origin';
  if (base.name === 'centered-clipping') anchors.add(start);
  if (base.name === 'normalized-mean' || base.name === 'flag') anchors.add('origin');
  if (base.name === 'geometric-median' && base.iterations !== 'converge') anchors.add('origin');
  const highest = (['gram', 'norms', 'nothing'] as const).find((candidate) => levels.includes(candidate));
  return { level: highest ?? 'nothing', anchors: [...anchors] };
}

function levelOf(rule: BaseRuleSpec): Level {
  switch (rule.name) {
    case 'mean':
    case 'median':
    case 'trimmed-mean':
    case 'meamed':
    case 'phocas':
      return 'nothing';
    case 'normalized-mean':
      return 'norms';
    case 'centered-clipping':
      return rule.iterations === 1 ? 'norms' : 'gram';
    default:
      return 'gram';
  }
}
