/**
 * The one way in which an operator's values (files, flags, descriptions from elsewhere) are checked: a zod schema,
 * whose first fault becomes one sentence that names the field, the rule and the value. The rule is worded here, from
 * the schema itself; a schema with a rule of its own states what follows "must", as in `.refine(..., 'be a path')`.
 */
import { z } from 'zod';
import { present } from './assert.ts';
import { didYouMean } from './nearest-name.ts';
import { invalidField } from './operator-error.ts';

type Issue = z.core.$ZodIssue;
type Variants = readonly [z.core.$ZodTypeDiscriminable, ...z.core.$ZodTypeDiscriminable[]];

/**
 * The parsed value, or an OperatorError such as `experiment.rounds must be an integer from 1 to 1000, got 0`. A field
 * that is null counts as absent: so YAML reads a name without a value.
 */
export function parseWith<T>(schema: z.ZodType<T>, value: unknown, field: string): T {
  const known: KnownNames = new Map();
  const error = (raw: z.core.$ZodRawIssue) => ruleOf(raw, known);
  const result = schema.safeParse(withoutAbsent(value), { error, reportInput: true });
  if (result.success) return result.data;
  const { issues } = result.error;
  // a misspelt name explains why the right one is missing
  const misspelt = issues.find(({ code }) => code === 'unrecognized_keys');
  const issue = misspelt ?? present(issues[0], 'a fault');
  const { path, found } = placeOf(issue, value);
  const hint = hintOf(issue, found, known);
  throw invalidField(fieldPath(field, path) || fieldPath(field, issue.path), issue.message, found, hint);
}

/** `field.name[0]`; an empty `field` is the top of a file or of a command line. */
export function fieldPath(field: string, path: readonly PropertyKey[]): string {
  return path.reduce<string>((name, key) => {
    if (typeof key === 'number') return `${name}[${key}]`;
    return name === '' ? String(key) : `${name}.${String(key)}`;
  }, field);
}

/** One of several variants, by its bare name or as an object: `"alie"` or `{ kind: "alie", z: 1 }` where `tag` is `kind`. */
export function named<const Types extends Variants, Tag extends string>(tag: Tag, variants: Types) {
  const union = z.discriminatedUnion(tag, variants);
  const isWhole = (name: string) => union.safeParse({ [tag]: name }).success;
  return withShorthand(
    (value) => (typeof value === 'string' ? { [tag]: value } : value),
    union,
    () => ({
      enum: namesOf(union, tag).filter(isWhole),
    }),
  );
}

const SHORTHANDS = new WeakMap<z.core.$ZodType, () => z.core.JSONSchema.BaseSchema>();

/** A schema that also takes a shorter form, which `expand` turns into the longer one or refuses; `form` describes it to editors. */
export function withShorthand<S extends z.ZodType>(
  expand: (value: unknown, context: z.RefinementCtx) => unknown,
  schema: S,
  form: () => z.core.JSONSchema.BaseSchema,
) {
  const both = z.preprocess(expand, schema);
  SHORTHANDS.set(both, form);
  return both;
}

/** A schema that is checked further elsewhere: `form` describes to editors what may be written. */
export function describedBy<S extends z.ZodType>(schema: S, form: () => z.core.JSONSchema.BaseSchema): S {
  DESCRIPTIONS.set(schema, form);
  return schema;
}

const DESCRIPTIONS = new WeakMap<z.core.$ZodType, () => z.core.JSONSchema.BaseSchema>();

/** The JSON Schema (draft 2020-12) of what an operator may write, short forms included. */
export function jsonSchemaOf(schema: z.ZodType): z.core.JSONSchema.BaseSchema {
  return z.toJSONSchema(schema, {
    io: 'input',
    unrepresentable: 'any',
    override: ({ zodSchema, jsonSchema }) => {
      const described = DESCRIPTIONS.get(zodSchema)?.();
      const form = SHORTHANDS.get(zodSchema)?.();
      if (described === undefined && form === undefined) return;
      const instead = described ?? { anyOf: [form, { ...jsonSchema }] };
      for (const key of Object.keys(jsonSchema)) delete (jsonSchema as Record<string, unknown>)[key];
      Object.assign(jsonSchema, instead);
    },
  });
}

function namesOf(union: z.ZodType, tag: string): string[] {
  const values = union instanceof z.ZodDiscriminatedUnion ? union._zod.propValues?.[tag] : undefined;
  return [...present(values, 'a union of variants')].map(String);
}

/** The names of the variants of a schema that `named` made, in order. */
export function variantNames(schema: z.ZodType, tag: string): string[] {
  return namesOf((schema instanceof z.ZodPipe ? schema.out : schema) as z.ZodType, tag);
}

export const positive = z.number().positive();

export function integer(least: number, most = Number.MAX_SAFE_INTEGER) {
  return z.int().min(least).max(most);
}

function withoutAbsent(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAbsent);
  if (typeof value !== 'object' || value === null) return value;
  const given = Object.entries(value).filter(([, field]) => field !== undefined && field !== null);
  return Object.fromEntries(given.map(([name, field]) => [name, withoutAbsent(field)]));
}

/** The fault's place in what was written: a shorthand ends the path, for nobody wrote the field that it stands for. */
function placeOf(issue: Issue, value: unknown): { path: readonly PropertyKey[]; found: unknown } {
  const path = [...issue.path, ...(issue.code === 'unrecognized_keys' ? issue.keys.slice(0, 1) : [])];
  const { input } = issue;
  const refused =
    issue.code === 'invalid_union' && issue.discriminator !== undefined
      ? (input as Readonly<Record<string, unknown>>)[issue.discriminator]
      : input;
  let found = value;
  for (const [depth, key] of path.entries()) {
    if (typeof found === 'object' && found !== null) {
      found = (found as Readonly<Record<PropertyKey, unknown>>)[key];
    } else if (found !== undefined) {
      return found === refused ? { path: path.slice(0, depth), found } : { path, found: undefined };
    }
  }
  return { path, found };
}

/** What was probably meant by a name that is not known. */
function hintOf(issue: Issue, found: unknown, known: KnownNames): string {
  if (issue.code === 'unrecognized_keys') {
    return didYouMean(issue.keys[0] ?? '', known.get(issue.message) ?? []);
  }
  return typeof found === 'string' ? didYouMean(found, choicesOf(issue)) : '';
}

/** The names among which a fault's value could have been; a schema of one's own states them as `params.choices`. */
function choicesOf(issue: Issue): string[] {
  if (issue.code === 'invalid_value') return issue.values.map(String);
  if (issue.code === 'custom') {
    const { choices } = (issue.params ?? {}) as { readonly choices?: readonly string[] };
    return [...(choices ?? [])];
  }
  if (issue.code !== 'invalid_union') return [];
  const options = 'options' in issue ? (issue.options ?? []) : [];
  return [...options.map(String), ...issue.errors.flat().flatMap(choicesOf)];
}

/** The fields of an object by the sentence that lists them: a fault that zod hands out knows its object no more. */
type KnownNames = Map<string, readonly string[]>;

function ruleOf(issue: z.core.$ZodRawIssue, knownNames: KnownNames): string {
  if (issue.code === 'unrecognized_keys') {
    const known = issue.inst instanceof z.ZodObject ? Object.keys(issue.inst.shape) : [];
    const rule = `be left out: only ${known.join(', ')} ${known.length === 1 ? 'is' : 'are'} known here`;
    knownNames.set(rule, known);
    return rule;
  }
  if (issue.code === 'invalid_union' && issue.discriminator !== undefined) {
    return `be ${oneOf(issue.options as readonly unknown[])}`;
  }
  if (issue.inst instanceof z.ZodDiscriminatedUnion) {
    const names = issue.inst._zod.propValues?.[issue.inst.def.discriminator] ?? [];
    return issue.input === undefined ? `be ${oneOf([...names])}` : 'be a name or an object';
  }
  if (issue.schema === undefined) return 'be valid';
  return `be ${describe(z.toJSONSchema(issue.schema, { io: 'input', unrepresentable: 'any' }))}`;
}

type Description = boolean | z.core.JSONSchema.BaseSchema;

/** What a schema accepts, bounds included: `an integer from 1 to 9`, `a list of at least 1 number`. */
function describe(schema: Description): string {
  if (typeof schema === 'boolean') return 'valid';
  if (Array.isArray(schema.type))
    return schema.type.map((type) => describe({ ...schema, type })).join(' or ');
  if (schema.const !== undefined) return quoted(schema.const);
  if (schema.enum !== undefined) return oneOf(schema.enum);
  const choices = schema.anyOf ?? schema.oneOf;
  if (choices !== undefined) return choices.map(describe).join(' or ');
  switch (schema.type) {
    case 'integer':
      return `an integer${range(schema)}`;
    case 'number':
      return `a number${range(schema)}`;
    case 'boolean':
      return 'true or false';
    case 'string':
      return (schema.minLength ?? 0) > 0 ? 'a text that is not empty' : 'a text';
    case 'array':
      return describeList(schema);
    case 'object':
      return 'an object';
    default:
      return 'valid';
  }
}

function describeList({ items, minItems = 0, maxItems = Infinity }: z.core.JSONSchema.BaseSchema): string {
  const counts = [
    minItems > 0 ? `at least ${minItems}` : '',
    maxItems < Infinity ? `at most ${maxItems}` : '',
  ].filter((text) => text !== '');
  const what =
    typeof items === 'object' && !Array.isArray(items) && items.type !== undefined ? describe(items) : '';
  const size = counts.length === 0 ? 'a list' : `a list of ${counts.join(' and ')}`;
  return what === '' ? size : `${size}, each ${what}`;
}

function range(schema: z.core.JSONSchema.BaseSchema): string {
  const { minimum = -Infinity, maximum = Infinity, exclusiveMinimum, exclusiveMaximum } = schema;
  // an integer's own limits go without saying
  const least = minimum > Number.MIN_SAFE_INTEGER ? minimum : undefined;
  const most = maximum < Number.MAX_SAFE_INTEGER ? maximum : undefined;
  if (least !== undefined && most !== undefined) return ` from ${least} to ${most}`;
  const bounds = [
    exclusiveMinimum === undefined ? '' : `above ${String(exclusiveMinimum)}`,
    least === undefined ? '' : `of at least ${least}`,
    exclusiveMaximum === undefined ? '' : `below ${String(exclusiveMaximum)}`,
    most === undefined ? '' : `of at most ${most}`,
  ].filter((text) => text !== '');
  return bounds.length === 0 ? '' : ` ${bounds.join(' and ')}`;
}

function oneOf(values: readonly unknown[]): string {
  return values.length === 1 ? quoted(values[0]) : `one of ${values.map(String).join(', ')}`;
}

function quoted(value: unknown): string {
  return typeof value === 'string' ? `"${value}"` : String(value);
}
