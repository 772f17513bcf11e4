/**
 * A rule of the user's own, as an experiment names it: by the file that holds it. The file is found, digested and loaded
 * elsewhere (src/round/open-pipeline.ts): whoever only reads an experiment runs no code of others.
 */
import { z } from 'zod';
import { parseWith } from '../foundation/schema.ts';
import type { NamedSpec, RuleDefinition } from './define-rule.ts';

export interface OwnRuleSpec {
  readonly name: 'module';
  readonly path: string;
  /** SHA-256 of the file, 64 hexadecimal digits. */
  readonly digest?: string;
  /** As written; the rule's own schema checks them when it is loaded. */
  readonly settings: Readonly<Record<string, number | string | boolean>>;
  /** Present where the rule is to be run. */
  readonly loaded?: LoadedRule;
}

export interface LoadedRule {
  readonly definition: RuleDefinition;
  /** What the definition's schema made of the settings. */
  readonly spec: NamedSpec;
}

/** The rule with what its own schema makes of the settings; throws an OperatorError that begins with `field`. */
export function settleRule(
  definition: RuleDefinition,
  settings: OwnRuleSpec['settings'],
  field: string,
): LoadedRule {
  return { definition, spec: parseWith(definition.schema, { name: definition.name, ...settings }, field) };
}

export const OWN_RULE = z.strictObject({
  name: z.literal('module'),
  path: z.string({ error: 'be a path' }).min(1, { error: 'be a path' }),
  digest: z
    .string()
    .regex(/^[0-9a-f]{64}$/, 'be the 64 hexadecimal digits of a SHA-256')
    .exactOptional(),
  settings: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])).default({}),
});

const MODULE_PATH = /\.[cm]?[jt]s$/;

/** Whether a text stands for a file rather than for a name. */
export function isRulePath(value: unknown): value is string {
  return typeof value === 'string' && MODULE_PATH.test(value);
}

/** A path stands for the rule in it. */
export function expandRulePath(value: unknown): unknown {
  return isRulePath(value) ? { name: 'module', path: value } : value;
}

export const RULE_PATH_FORM = { type: 'string', pattern: MODULE_PATH.source } as const;
