/** The adversary as an experiment file or a command line names it, parsed, validated and built. */
import { present } from '../foundation/assert.ts';
import { parseWith } from '../foundation/schema.ts';
import { ALL_ATTACKS, ATTACK } from './all-attacks.ts';
import type { Attack } from './attack.ts';
import type { AttackDefinition } from './define-attack.ts';

export const ATTACK_KINDS = ALL_ATTACKS.map(({ kind }) => kind);

const BY_KIND = new Map<string, AttackDefinition>(
  ALL_ATTACKS.map((definition) => [definition.kind, definition]),
);

/** `"alie"` or `{ "kind": "ipm", "epsilon": 0.1 }`. */
export function parseAttack(value: unknown, field: string): Attack {
  const parsed = parseWith(ATTACK, value, field);
  return present(BY_KIND.get(parsed.kind), `the attack ${parsed.kind}`).create(parsed);
}
