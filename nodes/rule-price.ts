/**
 * What a pipeline costs beside a plain mean: passes over the n x d numbers, and multiplications a number. It follows from
 * how pipelines run (docs/aggregation.md): inner products are n + 1 half-products a number, mixing is n, column
 * statistics are counted as one pass and no product.
 */
import type { Pipeline } from '../src/aggregation/pipeline.ts';
import type { RuleSpec } from '../src/aggregation/specs.ts';

export interface RulePrice {
  readonly passes: number;
  /** Multiplications for each of the n x d numbers; a plain mean has one. */
  readonly productsPerNumber: number;
}

const COLUMN_RULES: readonly RuleSpec['name'][] = ['median', 'trimmed-mean', 'meamed', 'phocas', 'bulyan'];
const WITHOUT_INNER_PRODUCTS: readonly RuleSpec['name'][] = [...COLUMN_RULES, 'mean', 'normalized-mean'];

export function rulePrice({ pre, rule }: Pipeline, n: number): RulePrice {
  const mixes = pre.some(({ name }) => name === 'nnm');
  const core = rule.name === 'ctma' ? rule.base : rule;
  const byColumn = COLUMN_RULES.includes(core.name);
  const compares = mixes || core.name === 'bulyan' || !WITHOUT_INNER_PRODUCTS.includes(core.name);
  const measures =
    !compares && (pre.some(({ name }) => name !== 'bucketing') || core.name === 'normalized-mean');
  const trims = rule.name === 'ctma' && byColumn;
  const parts: readonly (readonly [applies: boolean, products: number])[] = [
    [compares, (n + 1) / 2],
    [measures, 1],
    // the columns of mixed inputs are made first
    [byColumn, pre.length > 0 ? n : 0],
    [trims, 1],
    [!byColumn || trims, 1],
  ];
  const applied = parts.filter(([applies]) => applies);
  return {
    passes: applied.length,
    productsPerNumber: applied.reduce((sum, [, products]) => sum + products, 0),
  };
}

export function priceText({ passes, productsPerNumber }: RulePrice): string {
  const pass = passes === 1 ? 'one pass' : `${passes} passes`;
  return `${pass} over the contributions with ${productsPerNumber} products a number (a plain mean: one pass, 1 product)`;
}
