/** Every rule with the settings that change its arithmetic, and what holds of it. */
export interface RuleCase {
  readonly pipeline: { readonly rule: string } & Readonly<Record<string, unknown>>;
  /** A(x + t) = A(x) + t */
  readonly movesWithInputs: boolean;
  /** A(s x) = s^degree A(x) for s > 0; undefined where a setting is an absolute length. */
  readonly degree: 0 | 1 | undefined;
}

function rule(
  pipeline: RuleCase['pipeline'],
  movesWithInputs: boolean,
  degree: RuleCase['degree'],
): RuleCase {
  return { pipeline, movesWithInputs, degree };
}

export const ALL_RULES: readonly RuleCase[] = [
  rule({ rule: 'mean' }, true, 1),
  rule({ rule: 'normalized-mean' }, false, 0),
  rule({ rule: 'median' }, true, 1),
  rule({ rule: 'median', ties: 'lower' }, true, 1),
  rule({ rule: 'trimmed-mean' }, true, 1),
  rule({ rule: 'krum' }, true, 1),
  rule({ rule: 'multi-krum' }, true, 1),
  rule({ rule: 'geometric-median' }, false, undefined),
  rule({ rule: 'geometric-median', iterations: 'converge' }, true, 1),
  rule({ rule: 'geometric-median', iterations: 'converge', nu: 0.5 }, true, undefined),
  rule({ rule: 'centered-clipping', tau: 2.5, iterations: 4 }, false, undefined),
  rule({ rule: 'mda' }, true, 1),
  rule({ rule: 'smea' }, true, 1),
  rule({ rule: 'monna', own: 0 }, true, 1),
  rule({ rule: 'meamed' }, true, 1),
  rule({ rule: 'phocas' }, true, 1),
  rule({ rule: 'bulyan' }, true, 1),
  rule({ rule: 'caf' }, true, 1),
  rule({ rule: 'flag' }, false, 0),
  rule({ rule: 'flag', lambda: 4 }, false, 0),
  rule({ rule: 'flag', arithmetic: 'paper' }, false, 1),
  rule({ rule: 'flag', arithmetic: 'paper', lambda: 4 }, false, 1),
  rule({ rule: 'ctma', base: 'median' }, true, 1),
  rule({ rule: 'ctma', base: 'krum' }, true, 1),
  rule({ rule: 'ctma', base: { name: 'geometric-median', iterations: 'converge' } }, true, 1),
];

export const nameOf = (value: unknown): string => (typeof value === 'string' ? value : JSON.stringify(value));
