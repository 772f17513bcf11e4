/**
 * What a pipeline costs beside a plain mean: passes over the n x d numbers, and multiplications a number. It follows from
 * how pipelines run (docs/aggregation.md): inner products are n + 1 half-products a number, mixing is n, column
 * statistics are counted as one pass and no product.
 */
import { needsOf } from '../src/aggregation/needs.ts';
import { baseOf, ruleOf, type Pipeline } from '../src/aggregation/specs.ts';

export interface RulePrice {
  readonly passes: number;
  /** Multiplications for each of the n x d numbers; a plain mean has one. */
  readonly productsPerNumber: number;
}

export function rulePrice(pipeline: Pipeline, n: number): RulePrice {
  const { pre, rule } = pipeline;
  const core = baseOf(rule);
  const byColumn = ruleOf(core)?.definition.columns !== undefined;
  const { level } = needsOf(pipeline, false);
  const compares = level === 'gram';
  const measures = level === 'norms';
  const trims = core !== rule && byColumn;
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
