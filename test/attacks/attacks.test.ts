/** Each attack against its formula, written naively, and against its threat model. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { alieZ } from '../../src/attacks/a-little-is-enough.ts';
import type { AttackView } from '../../src/attacks/attack.ts';
import { ATTACK_KINDS, parseAttack } from '../../src/attacks/attack-spec.ts';
import { normalQuantile } from '../../src/attacks/normal-quantile.ts';
import { SeededRandom } from '../../src/foundation/seeded-random.ts';

const HONEST = [
  [1, 2, 0],
  [3, 2, 1],
  [2, 5, -1],
  [2, 3, 4],
].map((row) => Float32Array.from(row));
const MEAN = [2, 3, 1];
/** divisor n - 1 */
const DEVIATION = [Math.sqrt(2 / 3), Math.sqrt(6 / 3), Math.sqrt((1 + 0 + 4 + 9) / 3)];

function viewOf(changes: Partial<AttackView> = {}): AttackView {
  return {
    round: 3,
    n: 7,
    f: 3,
    own: Float32Array.of(1, -1, 2),
    parameters: Float32Array.of(5, 5, 5),
    initialParameters: Float32Array.of(1, 2, 3),
    honest: HONEST,
    aggregate: (vectors) => coordinateMedian(vectors),
    random: new SeededRandom('attack'),
    memory: new Map(),
    ...changes,
  };
}

function coordinateMedian(vectors: readonly Float32Array[]): Float32Array {
  return vectors[0]!.map((_, i) => {
    const sorted = vectors.map((vector) => vector[i]!).sort((a, b) => a - b);
    const middle = sorted.length >> 1;
    return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
  });
}

function forge(spec: unknown, changes: Partial<AttackView> = {}): number[] {
  return [...parseAttack(spec, 'attack').forge(viewOf(changes))];
}

function close(actual: readonly number[], expected: readonly number[], what: string): void {
  assert.equal(actual.length, expected.length, what);
  actual.forEach((value, i) => {
    assert.ok(Math.abs(value - expected[i]!) < 1e-4, `${what}[${i}]: ${value}, expected ${expected[i]}`);
  });
}

const distance2 = (a: ArrayLike<number>, b: ArrayLike<number>) =>
  Array.from(a).reduce((sum, x, i) => sum + (x - b[i]!) ** 2, 0);

describe('attacks', () => {
  it('follow their formulas', () => {
    close(forge('sign-flip'), [-1, 1, -2], 'minus its own');
    close(forge({ kind: 'sign-flip', of: 'mean', scale: 2 }), [-4, -6, -2], 'minus twice the mean');
    close(forge({ kind: 'ipm', epsilon: 0.5 }), [-1, -1.5, -0.5], 'minus half the mean');
    close(
      forge({ kind: 'alie', z: 1.5 }),
      MEAN.map((m, i) => m - 1.5 * DEVIATION[i]!),
      'mu - z sigma',
    );
    close(
      forge('alie'),
      MEAN.map((m, i) => m - alieZ(7, 3) * DEVIATION[i]!),
      'its own z',
    );
    close(forge({ kind: 'constant', value: 9 }), [9, 9, 9], 'one value');
    close(forge('label-flip'), [1, -1, 2], 'honest arithmetic');
    assert.deepEqual(parseAttack('label-flip', 'a').poison, { kind: 'reversed-labels' }, 'on flipped labels');
  });

  it('have the z that the papers state', () => {
    for (const [n, f, z] of [
      [17, 8, 1.2206],
      [20, 5, 0.2533],
      [15, 3, 0.2104],
    ] as const) {
      assert.ok(Math.abs(alieZ(n, f) - z) < 5e-5, `z(${n}, ${f}) = ${alieZ(n, f)}, expected ${z}`);
    }
    assert.equal(alieZ(4, 4), 0, 'no honest worker, no infinity');
  });

  it('shift back only where the Byzantine are a strict majority', () => {
    const majority = { n: 4, f: 3 };
    close(forge({ kind: 'shift-back', q: 2 }, majority), [8, 6, 4], 'q (x^k - x^0)');
    close(forge('shift-back', { n: 4, f: 2 }), MEAN, 'a tie is no majority: the honest mean');
    close(forge('shift-back', { n: 4, f: 4, honest: [] }), [4, 3, 2], 'nobody honest');
  });

  it('min-max is the largest perturbation within the honest diameter', () => {
    for (const perturbation of ['deviation', 'unit', 'sign']) {
      const forged = forge({ kind: 'min-max', perturbation });
      const widest = Math.max(...HONEST.flatMap((a) => HONEST.map((b) => distance2(a, b))));
      const worst = Math.max(...HONEST.map((x) => distance2(forged, x)));
      assert.ok(Math.abs(worst - widest) < 1e-3, `${perturbation}: ${worst} reaches the bound ${widest}`);
    }
  });

  it('min-sum is the largest perturbation within the worst honest sum of distances', () => {
    for (const perturbation of ['deviation', 'unit', 'sign']) {
      const forged = forge({ kind: 'min-sum', perturbation });
      const sumOf = (from: ArrayLike<number>) => HONEST.reduce((sum, x) => sum + distance2(from, x), 0);
      const bound = Math.max(...HONEST.map(sumOf));
      assert.ok(Math.abs(sumOf(forged) - bound) < 1e-3, `${perturbation}: ${sumOf(forged)} reaches ${bound}`);
    }
  });

  it('searched attacks do at least as much damage as any fixed strength tried by hand', () => {
    const damage = (forged: readonly number[]) => {
      const copies = Array.from({ length: 3 }, () => Float32Array.from(forged));
      return distance2(coordinateMedian([...HONEST, ...copies]), MEAN);
    };
    for (const z of [0.25, 0.5, 1, 1.5, 2, 3, 5, 8]) {
      const fixed = forge({ kind: 'alie', z });
      assert.ok(damage(forge('alie-search')) >= 0.98 * damage(fixed), `ALIE z = ${z}`);
    }
    for (const epsilon of [0.1, 0.5, 1, 4, 10]) {
      const fixed = forge({ kind: 'ipm', epsilon });
      assert.ok(damage(forge('foe-search')) >= 0.98 * damage(fixed), `FoE epsilon = ${epsilon}`);
    }
  });

  it('searched attacks ask the very pipeline, no more often than allowed, with f copies', () => {
    let calls = 0;
    const aggregate = (vectors: readonly Float32Array[]) => {
      calls += 1;
      assert.equal(vectors.length, 7, 'four honest and three forged');
      assert.deepEqual(vectors[4], vectors[6], 'copies');
      return coordinateMedian(vectors);
    };
    forge({ kind: 'alie-search', evaluations: 12 }, { aggregate });
    assert.ok(calls > 4 && calls <= 12, `${calls} calls`);
  });

  it('mimic copies the honest worker farthest along the direction of largest variance', () => {
    const attack = parseAttack({ kind: 'mimic', warmUpRounds: 30 }, 'a');
    const memory = new Map<string, unknown>();
    const honest = [
      [9, 0, 0],
      [-8.8, 0.1, 0],
      [0, 0.2, 0.1],
      [0.1, -0.1, -0.2],
    ].map((row) => Float32Array.from(row));
    let forged: Float32Array | undefined;
    for (let round = 0; round < 40; round++) {
      forged = attack.forge(viewOf({ round, honest, memory, random: new SeededRandom(round) }));
      assert.ok(
        honest.some((x) => x === forged),
        'a copy, nothing out of the ordinary',
      );
    }
    assert.ok(forged === honest[0] || forged === honest[1], 'one of the two extremes');
    const again = attack.forge(viewOf({ round: 41, honest, memory }));
    assert.equal(again, forged, 'and stays with it');
  });

  it('delayed sends the past, its oldest at first', () => {
    const attack = parseAttack({ kind: 'delayed', rounds: 2 }, 'a');
    const memory = new Map<string, unknown>();
    const sent = [1, 2, 3, 4, 5].map((x) => attack.forge(viewOf({ own: Float32Array.of(x), memory }))[0]);
    assert.deepEqual(sent, [1, 1, 1, 2, 3]);
  });

  it('ramp starts almost honest and grows in one direction up to its limit', () => {
    const attack = parseAttack({ kind: 'ramp', rate: 0.1, limit: 0.5 }, 'a');
    const memory = new Map<string, unknown>();
    const own = Float32Array.of(0, 4);
    const sent = [0, 1, 9, 50].map((round) => attack.forge(viewOf({ round, own, memory }))[1]!);
    close(sent, [3.6, 3.2, 2, 2], 'bias of 0.1, 0.2 and at most 0.5 of the norm');
    assert.deepEqual([...own], [0, 4], 'its own vector is left alone');
  });

  it('packet loss zeroes whole packets of its own vector, and nothing else', () => {
    const own = new Float32Array(256 * 400).fill(1);
    const sent = forge({ kind: 'packet-loss', share: 0.1 }, { own });
    let lost = 0;
    for (let from = 0; from < sent.length; from += 256) {
      const packet = new Set(sent.slice(from, from + 256));
      assert.equal(packet.size, 1, 'a packet arrives or not');
      if (packet.has(0)) lost += 1;
    }
    assert.ok(lost > 20 && lost < 65, `${lost} of 400 packets are lost at 10 %`);
  });

  it('noise has the stated moments', () => {
    const own = new Float32Array(20_000);
    const normal = forge({ kind: 'gaussian', deviation: 3 }, { own });
    const variance = normal.reduce((sum, x) => sum + x * x, 0) / normal.length;
    assert.ok(Math.abs(variance - 9) < 0.4, `variance ${variance}`);
    const uniform = forge('uniform-random', { own });
    assert.ok(
      uniform.every((x) => x >= 0 && x < 1),
      'U[0, 1)',
    );
    const mean = uniform.reduce((sum, x) => sum + x, 0) / uniform.length;
    assert.ok(Math.abs(mean - 0.5) < 0.01, `mean ${mean}`);
  });

  it('see no more than their threat model allows', () => {
    for (const kind of ATTACK_KINDS) {
      const attack = parseAttack(kind, 'attack');
      if (attack.knowledge !== 'own') continue;
      const { honest: _honest, aggregate: _aggregate, ...blind } = viewOf();
      assert.equal(attack.forge(blind).length, 3, `${kind} works from its own data`);
    }
  });

  it('give finite vectors whatever the honest send, and are repeatable', () => {
    const row = fc.float32Array({ minLength: 3, maxLength: 3, noNaN: true, min: -1e6, max: 1e6 });
    fc.assert(
      fc.property(
        fc.constantFrom(...ATTACK_KINDS),
        fc.array(row, { minLength: 1, maxLength: 5 }),
        (kind, honest) => {
          const n = honest.length + 3;
          const once = forge(kind, { honest, n, own: honest[0]! });
          assert.ok(once.every(Number.isFinite), `${kind} is finite`);
          assert.deepEqual(forge(kind, { honest, n, own: honest[0]! }), once, `${kind} repeats`);
        },
      ),
    );
  });

  it('are refused where misspelt', () => {
    assert.throws(() => parseAttack('alei', 'attack'), /attack must be one of sign-flip/);
    assert.throws(() => parseAttack({ kind: 'ipm', epsilon: -1 }, 'attack'), /attack\.epsilon must be/);
    assert.throws(() => parseAttack({ kind: 'ipm', z: 1 }, 'attack'), /attack\.z must be left out/);
  });
});

describe('normal quantile', () => {
  it('has its known values and symmetry', () => {
    for (const [p, z] of [
      [0.5, 0],
      [0.975, 1.959964],
      [0.8, 0.841621],
      [0.01, -2.326348],
      [1e-6, -4.753424],
    ] as const) {
      assert.ok(Math.abs(normalQuantile(p) - z) < 1e-6, `z(${p})`);
    }
    assert.deepEqual([normalQuantile(0), normalQuantile(1)], [-Infinity, Infinity]);
  });
});
