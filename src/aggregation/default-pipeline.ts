/**
 * What aggregates where nobody names a rule: of the pipelines that were compared under every attack (docs/which-rule.md)
 * the one with the best worst case where workers' data differ, and within half a point of it where they do not.
 */
import type { Pipeline } from './pipeline.ts';
import type { BaseRuleSpec } from './specs.ts';

export const DEFAULT_PIPELINE: Pipeline = {
  pre: [{ name: 'arc' }, { name: 'nnm' }],
  rule: { name: 'trimmed-mean' },
};

/**
 * What ctma trims around where nobody names a base. ctma is as robust as its base, and where nearly half of the inputs
 * are copies of one forged vector the geometric median lies near them, after three steps (RFA) or all.
 */
export const DEFAULT_CTMA_BASE: BaseRuleSpec = { name: 'median', ties: 'mean' };
