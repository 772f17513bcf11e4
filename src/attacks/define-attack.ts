/** What an attack's file exports: its settings, its line in docs/attacks.md and its function, in one place. */
import { z } from 'zod';
import type { Attack } from './attack.ts';

/** An attack in an experiment file: `"alie"`, or an object with its settings. */
export type AttackSchema = z.ZodObject<{ kind: z.ZodLiteral<string> }>;

export interface AttackDefinition {
  readonly kind: string;
  /** Of `{ kind, ...settings }`; all settings have defaults. */
  readonly schema: AttackSchema;
  /** What it is given to see, for people. */
  readonly sees: string;
  /** What it sends, for people; names its settings and its source. */
  readonly sends: string;
  /** From what `schema` gave. */
  create(parsed: unknown): Attack;
}

interface AttackParts<Settings extends z.ZodRawShape> {
  readonly sees: string;
  readonly sends: string;
  readonly settings: Settings;
  readonly create: (settings: z.output<z.ZodObject<Settings>>) => Attack;
}

/** `kind` is the word by which files and command lines name the attack; the types of `create` follow from `settings`. */
export function defineAttack<const Settings extends z.ZodRawShape>(
  kind: string,
  { sees, sends, settings, create }: AttackParts<Settings>,
): AttackDefinition {
  const schema = z.strictObject({ kind: z.literal(kind), ...settings }) as unknown as AttackSchema;
  const make = create as (settings: unknown) => Attack;
  return { kind, schema, sees, sends, create: (parsed) => make(parsed) };
}

/** What most attacks that see nothing of others have in common. */
export const OWN = { knowledge: 'own', collusive: false } as const;

/** What most attacks that see everything have in common: one vector, which all of them send. */
export const OMNISCIENT = { knowledge: 'omniscient', collusive: true } as const;
