/** Every rule of coefficient space by its name. */
import { unreachable } from '../foundation/assert.ts';
import type { Geometry } from './geometry.ts';
import type { LinearResult, LinearRuleContext } from './linear-rule.ts';
import { caf } from './rules/caf.ts';
import { centeredClipping } from './rules/centered-clipping.ts';
import { flag } from './rules/flag.ts';
import { geometricMedian } from './rules/geometric-median.ts';
import { krum, multiKrum } from './rules/krum.ts';
import { mda } from './rules/mda.ts';
import { mean } from './rules/mean.ts';
import { monna } from './rules/monna.ts';
import { normalizedMean } from './rules/normalized-mean.ts';
import { smea } from './rules/smea.ts';
import type { BaseRuleSpec, LinearRuleSpec } from './specs.ts';

export function isLinear(spec: BaseRuleSpec): spec is LinearRuleSpec {
  switch (spec.name) {
    case 'median':
    case 'trimmed-mean':
    case 'meamed':
    case 'phocas':
    case 'bulyan':
      return false;
    default:
      return true;
  }
}

export function applyLinearRule(
  spec: LinearRuleSpec,
  geometry: Geometry,
  context: LinearRuleContext,
): LinearResult {
  switch (spec.name) {
    case 'mean':
      return mean(geometry, spec, context);
    case 'normalized-mean':
      return normalizedMean(geometry, spec, context);
    case 'krum':
      return krum(geometry, spec, context);
    case 'multi-krum':
      return multiKrum(geometry, spec, context);
    case 'geometric-median':
      return geometricMedian(geometry, spec, context);
    case 'centered-clipping':
      return centeredClipping(geometry, spec, context);
    case 'mda':
      return mda(geometry, spec, context);
    case 'smea':
      return smea(geometry, spec, context);
    case 'monna':
      return monna(geometry, spec, context);
    case 'caf':
      return caf(geometry, spec, context);
    case 'flag':
      return flag(geometry, spec, context);
    default:
      return unreachable(spec);
  }
}
