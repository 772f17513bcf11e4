/** What an attack's file exports: its settings, its line in docs/attacks.md and its function, in one place. */
import type { z } from 'zod';
import {
  variantSchema,
  type ParsedVariant,
  type VariantParts,
  type VariantSchema,
} from '../foundation/variant-schema.ts';
import type { Attack } from './attack.ts';

interface KindSpec {
  readonly kind: string;
}

interface AttackFacts<Spec extends KindSpec> {
  /** What it is given to see, for people. */
  readonly sees: string;
  /** What it sends, for people; names its settings and its source. */
  readonly sends: string;
  /** From what `schema` gave. */
  create(this: void, spec: Spec): Attack;
}

export interface AttackDefinition<Spec extends KindSpec = KindSpec> extends AttackFacts<Spec> {
  readonly kind: string;
  /** Of `{ kind, ...settings }`, or of the word alone where all settings have defaults. */
  readonly schema: VariantSchema<Spec>;
  /** Names of the settings. */
  readonly settings: readonly string[];
}

interface AttackParts<Kind extends string, Shape extends z.ZodRawShape, Spec extends KindSpec>
  extends AttackFacts<Spec>, VariantParts<'kind', Kind, Shape, Spec> {}

/** `kind` is the word by which files and command lines name the attack; the types of settings follow from their schemas. */
export function defineAttack<
  const Kind extends string,
  Shape extends z.ZodRawShape = Record<never, never>,
  Spec extends KindSpec = ParsedVariant<'kind', Kind, Shape>,
>(kind: Kind, { settings, settle, ...facts }: AttackParts<Kind, Shape, Spec>): AttackDefinition<Spec> {
  const schema = variantSchema<'kind', Kind, Shape, Spec>('kind', kind, settings, settle);
  return { ...facts, kind, schema, settings: Object.keys(settings ?? {}) };
}

/** What most attacks that see nothing of others have in common. */
export const OWN = { knowledge: 'own', collusive: false } as const;

/** What most attacks that see everything have in common: one vector, which all of them send. */
export const OMNISCIENT = { knowledge: 'omniscient', collusive: true } as const;
