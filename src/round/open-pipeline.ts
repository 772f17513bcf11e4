/** An experiment's pipeline as it can be run: rules of the user's own are loaded and their settings and bounds checked. */
import { isRule } from '../aggregation/define-rule.ts';
import { settleRule, type LoadedRule, type OwnRuleSpec } from '../aggregation/own-rule.ts';
import { checkPipeline } from '../aggregation/pipeline.ts';
import { baseOf, type Pipeline } from '../aggregation/specs.ts';
import type { Experiment } from '../config/experiment.ts';
import { pinRules, withOwnRules } from '../config/own-rules.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { importOwnModule } from '../modules/import-own-module.ts';

/** Throws an OperatorError where a rule's file is not the one that was pinned, or no rule, or n and f break its bound. */
export async function openPipeline({ aggregation, cohort }: Experiment): Promise<Pipeline> {
  const { f } = aggregation;
  const pipeline = await loadRules(aggregation.pipeline);
  for (const n of new Set([cohort.minimum, cohort.size])) checkPipeline(pipeline, n, f, 'aggregation');
  return pipeline;
}

/** The pipeline with its rules loaded. */
export async function loadRules(pipeline: Pipeline): Promise<Pipeline> {
  const own = baseOf(pipeline.rule);
  if (own.name !== 'module') return pipeline;
  // the file may have changed since the experiment was read
  pinRules(pipeline, '');
  const loaded = await load(own);
  return withOwnRules(pipeline, (spec) => ({ ...spec, loaded }));
}

async function load({ path, settings }: OwnRuleSpec): Promise<LoadedRule> {
  const definition = await importOwnModule(path, 'the rule module');
  if (!isRule(definition)) {
    throw new OperatorError(`the rule module ${path} must export a rule made by defineRule as its default`);
  }
  const loaded = settleRule(definition, settings, `the rule ${path}`);
  const wanted = moreThanInputs(loaded);
  if (wanted !== undefined) {
    throw new OperatorError(
      `the rule module ${path} must work from the inputs alone, but it takes ${wanted}`,
    );
  }
  return loaded;
}

/** What would need more of an experiment than its file says of it. */
function moreThanInputs({ definition, spec }: LoadedRule): string | undefined {
  const { trim, usesOwn, measures } = definition;
  if (trim !== undefined) return 'another rule as its base';
  if (usesOwn === true) return 'an input of its own';
  const anchors = measures?.(spec).anchors ?? [];
  return anchors.some((anchor) => anchor !== 'origin') ? 'the previous aggregate' : undefined;
}
