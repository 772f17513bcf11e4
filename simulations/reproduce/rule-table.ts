/** Every rule that the comparison of rules runs, from its name as people write it to what an experiment file says. */

const EXACT_MEDIAN = { name: 'geometric-median', iterations: 'converge' };

/** What an experiment file says under `aggregation`, f left out. */
type Rule = Readonly<Record<string, unknown>>;

/** Rules that may win: these run with every seed and in every setting. */
export const CONTENDERS: Readonly<Record<string, Rule>> = {
  'ctma over geometric-median': { rule: { name: 'ctma', base: 'geometric-median' } },
  'ctma over geometric-median (iterations converge)': { rule: { name: 'ctma', base: EXACT_MEDIAN } },
  'nnm + ctma over geometric-median (iterations converge)': {
    pre: ['nnm'],
    rule: { name: 'ctma', base: EXACT_MEDIAN },
  },
  'nnm + geometric-median (iterations converge)': { pre: ['nnm'], rule: EXACT_MEDIAN },
  'nnm + median': { pre: ['nnm'], rule: 'median' },
  'nnm + trimmed-mean': { pre: ['nnm'], rule: 'trimmed-mean' },
  'arc + nnm + trimmed-mean': { pre: ['arc', 'nnm'], rule: 'trimmed-mean' },
  flag: { rule: 'flag' },
};

export const OTHERS: Readonly<Record<string, Rule>> = {
  mean: { rule: 'mean' },
  'normalized-mean': { rule: 'normalized-mean' },
  median: { rule: 'median' },
  'trimmed-mean': { rule: 'trimmed-mean' },
  'geometric-median': { rule: 'geometric-median' },
  'geometric-median (iterations converge)': { rule: EXACT_MEDIAN },
  'centered-clipping': { rule: 'centered-clipping' },
  krum: { rule: 'krum' },
  'multi-krum': { rule: 'multi-krum' },
  'nnm + multi-krum': { pre: ['nnm'], rule: 'multi-krum' },
  bulyan: { rule: 'bulyan' },
  meamed: { rule: 'meamed' },
  phocas: { rule: 'phocas' },
  caf: { rule: 'caf' },
  mda: { rule: 'mda' },
  smea: { rule: 'smea' },
  'arc + trimmed-mean': { pre: ['arc'], rule: 'trimmed-mean' },
  'bucketing + trimmed-mean': { pre: ['bucketing'], rule: 'trimmed-mean' },
};

export const RULES: Readonly<Record<string, Rule>> = { ...CONTENDERS, ...OTHERS };
