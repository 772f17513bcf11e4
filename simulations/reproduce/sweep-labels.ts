/** What a value of a sweep's grid is called in tables: pipelines as people write them, everything else by kind and settings. */
import { pipelineName } from '../../src/aggregation/pipeline-name.ts';
import { parsePipeline } from '../../src/aggregation/pipeline.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import type { Scalar } from './reproduction.ts';

/** `path`: of the field in the experiment, as the grid names it. */
export function labelOf(path: string, value: unknown): Scalar {
  if (path === 'aggregation' && isObject(value)) return pipelineLabel(value) ?? plainLabel(value);
  if (path === 'aggregation.rule' && isObject(value))
    return pipelineLabel({ rule: value }) ?? plainLabel(value);
  return plainLabel(value);
}

/** undefined: no pipeline, which the check of the experiment will tell in its own words. */
function pipelineLabel({ f, ...pipeline }: Readonly<Record<string, unknown>>): string | undefined {
  try {
    const name = pipelineName(parsePipeline(pipeline, 'aggregation'));
    return f === undefined ? name : `${name}, f = ${plainLabel(f)}`;
  } catch (error) {
    if (error instanceof OperatorError) return undefined;
    throw error;
  }
}

function plainLabel(value: unknown): Scalar {
  if (value === null || value === undefined) return 'none';
  if (typeof value === 'string' || typeof value === 'number' || typeof value === 'boolean') return value;
  if (Array.isArray(value)) return value.map((part) => String(plainLabel(part))).join(' + ');
  const { kind, name, rule } = value as Record<string, unknown>;
  const [title] = [kind, rule, name].filter((part) => typeof part === 'string');
  const rest = Object.entries(value).filter(
    ([key, part]) => part !== title || !['kind', 'rule', 'name'].includes(key),
  );
  const settings = rest.map(([key, part]) => `${key} ${plainLabel(part)}`);
  return [title ?? '', settings.length > 0 ? `(${settings.join(', ')})` : ''].join(' ').trim();
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
