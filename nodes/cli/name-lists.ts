/** Names that flags may take, as the rooms list them that know them; loaded only where help is printed. */
import { variantNames } from '../../src/foundation/schema.ts';

export async function ruleNames(): Promise<readonly string[]> {
  return (await import('../../src/aggregation/specs.ts')).RULE_NAMES;
}

export async function preAggregatorNames(): Promise<readonly string[]> {
  return (await import('../../src/aggregation/specs.ts')).PRE_AGGREGATOR_NAMES;
}

export async function attackNames(): Promise<readonly string[]> {
  return (await import('../../src/attacks/attack-spec.ts')).ATTACK_KINDS;
}

export async function dataNames(): Promise<readonly string[]> {
  return variantNames((await import('../../src/training/data/dataset-spec.ts')).DATASET, 'name');
}

export async function modelNames(): Promise<readonly string[]> {
  return variantNames((await import('../../src/training/parse-task-spec.ts')).TASK_SPEC, 'kind');
}

export async function reproductionNames(): Promise<readonly string[]> {
  const { reproductions } = await import('../../simulations/reproduce/catalogue.ts');
  return reproductions.map(({ name }) => name);
}
