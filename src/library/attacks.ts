/**
 * `synod/attacks`: what Byzantine workers send in place of their gradients, as docs/attacks.md lists it.
 *
 * @module synod/attacks
 */
import type { Attack } from '../attacks/attack.ts';
import { ATTACK_KINDS, parseAttack } from '../attacks/attack-spec.ts';
import { invalidField } from '../foundation/operator-error.ts';
import { SeededRandom } from '../foundation/seeded-random.ts';
import { aggregate, type AggregationOptions } from './aggregation.ts';

export type { Attack, AttackView, Knowledge } from '../attacks/attack.ts';

/** Names of the attacks, as `createAttack` takes them. */
export const attacks: readonly string[] = ATTACK_KINDS;

/** An attack by its name (`'alie'`) or with settings (`{ kind: 'ipm', epsilon: 0.5 }`). Throws one sentence that names the field. */
export function createAttack(kind: string | Readonly<Record<string, unknown>>): Attack {
  return parseAttack(kind, 'attack');
}

export interface ForgeOptions {
  /** How many Byzantine workers there are, at least 1. */
  readonly byzantine: number;
  /** What the honest workers' vectors are aggregated by; attacks that search their strength try it out. */
  readonly defence: AggregationOptions;
  /** Equal seeds forge equal vectors. */
  readonly seed?: string | number;
}

/**
 * One round of an omniscient attack: the vectors that Byzantine workers send, who see all of the honest ones (each of
 * length d, at least one). A worker whose attack needs a vector of its own takes the mean of the honest ones.
 */
export function forge(
  attack: Attack,
  honest: readonly Float32Array[],
  { byzantine, defence, seed = 0 }: ForgeOptions,
): Float32Array[] {
  if (!(Number.isInteger(byzantine) && byzantine >= 1))
    throw invalidField('byzantine', 'be an integer of at least 1', byzantine);
  const own = aggregate(honest, { pipeline: 'mean', f: 0 }).vector;
  const memory = new Map<string, unknown>();
  const forged = (worker: number): Float32Array =>
    attack.forge({
      ...{ round: 0, n: honest.length + byzantine, f: byzantine, own, honest },
      ...{ parameters: new Float32Array(own.length), initialParameters: new Float32Array(own.length) },
      aggregate: (vectors) => aggregate(vectors, defence).vector,
      random: new SeededRandom(seed, 'forge', attack.name, worker),
      memory: attack.collusive ? memory : new Map<string, unknown>(),
    });
  if (!attack.collusive) return Array.from({ length: byzantine }, (_, worker) => forged(worker));
  const shared = forged(0);
  return Array.from({ length: byzantine }, () => shared);
}
