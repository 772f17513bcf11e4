/** Every rule that stands by itself. A new one is a file of its own and a line here. */
import { named, withShorthand } from '../foundation/schema.ts';
import { expandRulePath, OWN_RULE, RULE_PATH_FORM } from './own-rule.ts';
import { bulyan } from './rules/bulyan.ts';
import { caf } from './rules/caf.ts';
import { centeredClipping } from './rules/centered-clipping.ts';
import { flag } from './rules/flag.ts';
import { geometricMedian } from './rules/geometric-median.ts';
import { krum, multiKrum } from './rules/krum.ts';
import { mda } from './rules/mda.ts';
import { meamed } from './rules/meamed.ts';
import { mean } from './rules/mean.ts';
import { median } from './rules/median.ts';
import { monna } from './rules/monna.ts';
import { normalizedMean } from './rules/normalized-mean.ts';
import { phocas } from './rules/phocas.ts';
import { smea } from './rules/smea.ts';
import { trimmedMean } from './rules/trimmed-mean.ts';

export const BASE_RULES = [
  mean,
  normalizedMean,
  median,
  trimmedMean,
  krum,
  multiKrum,
  geometricMedian,
  centeredClipping,
  mda,
  smea,
  monna,
  meamed,
  phocas,
  bulyan,
  caf,
  flag,
] as const;

const [first, ...others] = BASE_RULES.map(({ schema }) => schema);

/** `"krum"`, `{ name: "median", ties: "lower" }` or `"./my-rule.ts"`. */
export const BASE_RULE = withShorthand(
  expandRulePath,
  named('name', [first!, ...others, OWN_RULE]),
  () => RULE_PATH_FORM,
);
