/** The JSON Schema of a pipeline as an experiment file writes it, for editors; `parsePipeline` is what decides. */
import type { z } from 'zod';
import { jsonSchemaOf } from '../foundation/schema.ts';
import { PRE_AGGREGATOR } from './all-pre-aggregators.ts';
import { RULE } from './all-rules.ts';
import { RULE_PATH_FORM } from './own-rule.ts';
import { PRE_AGGREGATOR_NAMES, RULE_NAMES } from './specs.ts';

type JsonSchema = z.core.JSONSchema.BaseSchema;

/**
 * `beside`: fields that stand beside those of the pipeline. A bare name is taken also where its part needs settings, since
 * these may stand beside it; so a settings' name and value are checked there against every part that knows it.
 */
export function pipelineJsonSchema(beside: Readonly<Record<string, JsonSchema>>): JsonSchema {
  const rule = inlined(jsonSchemaOf(RULE));
  const pre = inlined(jsonSchemaOf(PRE_AGGREGATOR));
  const part = (names: readonly string[], whole: JsonSchema) => ({ anyOf: [{ enum: [...names] }, whole] });
  const properties: Record<string, JsonSchema> = {
    ...settingsOf([rule, pre]),
    ...beside,
    pre: { type: 'array', maxItems: 8, items: part(PRE_AGGREGATOR_NAMES, pre) },
    rule: part(RULE_NAMES, rule),
    base: part(RULE_NAMES, rule),
  };
  const ownRule = (place: string) => ({ properties: { [place]: RULE_PATH_FORM }, required: [place] });
  return {
    type: 'object',
    properties,
    // nothing of a pipeline is the default one
    anyOf: [{ required: ['rule'] }, { propertyNames: { enum: Object.keys(beside) } }],
    // what settings a rule of one's own has only its file knows
    if: { anyOf: [ownRule('rule'), ownRule('base')] },
    else: { propertyNames: { enum: Object.keys(properties) } },
  };
}

/** Without the mark of a document of its own. */
function inlined({ $schema: _mark, ...schema }: JsonSchema): JsonSchema {
  return schema;
}

/** Fields of a part that do not stand beside it. */
const NO_SETTINGS = ['name', 'base', 'path', 'digest', 'settings'];

/** Every setting that some variant knows, with all the forms that it has. */
function settingsOf(schemas: readonly JsonSchema[]): Record<string, JsonSchema> {
  const forms = new Map<string, JsonSchema[]>();
  const visit = (schema: JsonSchema): void => {
    for (const choice of [...(schema.anyOf ?? []), ...(schema.oneOf ?? [])]) visit(choice);
    for (const [name, form] of Object.entries(schema.properties ?? {})) {
      if (NO_SETTINGS.includes(name)) continue;
      forms.set(name, [...(forms.get(name) ?? []), form as JsonSchema]);
    }
  };
  schemas.forEach(visit);
  return Object.fromEntries([...forms].map(([name, any]) => [name, { anyOf: any }]));
}
