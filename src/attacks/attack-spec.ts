/** The adversary as an experiment file or a command line names it, parsed, validated and built. */
import { present } from '../foundation/assert.ts';
import { named, parseWith } from '../foundation/schema.ts';
import { ALL_ATTACKS } from './all-attacks.ts';
import type { Attack } from './attack.ts';
import type { AttackSchema } from './define-attack.ts';

export const ATTACK_KINDS = ALL_ATTACKS.map(({ kind }) => kind);

const [first, ...others] = ALL_ATTACKS.map(({ schema }) => schema);
const ATTACK = named('kind', [first as AttackSchema, ...others]);

/** `"alie"` or `{ "kind": "ipm", "epsilon": 0.1 }`. */
export function parseAttack(value: unknown, field: string): Attack {
  const parsed = parseWith(ATTACK, value, field);
  const definition = ALL_ATTACKS.find(({ kind }) => kind === parsed.kind);
  return present(definition, `the attack ${parsed.kind}`).create(parsed);
}
