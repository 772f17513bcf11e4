import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  committeeFailure,
  failureOverRounds,
  leastCommitteeSize,
  planAttempts,
  redrawFactor,
  steeringChance,
} from '../../src/committee/committee-size.ts';
import { cohortExcess, leastAggregationF, leastCohortSize } from '../../src/committee/cohort-bound.ts';
import { hypergeometricTail } from '../../src/committee/hypergeometric.ts';

function binomial(n: number, k: number): bigint {
  if (k < 0 || k > n) return 0n;
  let value = 1n;
  for (let i = 1; i <= k; i++) value = (value * BigInt(n - k + i)) / BigInt(i);
  return value;
}

/** The tail as an exact fraction, rounded once. */
function exactTail(total: number, marked: number, drawn: number, atLeast: number): number {
  let ways = 0n;
  let term = binomial(marked, atLeast) * binomial(total - marked, drawn - atLeast);
  for (let x = atLeast; x <= Math.min(marked, drawn); x++) {
    if (term === 0n) term = binomial(marked, x) * binomial(total - marked, drawn - x);
    ways += term;
    const denominator = BigInt(x + 1) * BigInt(total - marked - drawn + x + 1);
    term = denominator > 0n ? (term * BigInt(marked - x) * BigInt(drawn - x)) / denominator : 0n;
  }
  const all = binomial(total, drawn);
  if (ways === 0n) return 0;
  const shift = all.toString(2).length - ways.toString(2).length + 70;
  const half = Math.floor(shift / 2);
  return Number((ways << BigInt(shift)) / all) / 2 ** half / 2 ** (shift - half);
}

function assertClose(actual: number, expected: number, what: string): void {
  if (expected === 0) return assert.equal(actual, 0, what);
  const error = Math.abs(actual - expected) / expected;
  assert.ok(error < 1e-12, `${what}: ${actual} against ${expected}, relative error ${error}`);
}

describe('hypergeometric tail', () => {
  it('has the values that one counts by hand', () => {
    // 2 of 4 drawn, 2 of 4 marked: 1 way for none, 4 for one, 1 for both, of 6
    assertClose(hypergeometricTail(4, 2, 2, 1), 5 / 6, 'one or more');
    assertClose(hypergeometricTail(4, 2, 2, 2), 1 / 6, 'both');
    assert.equal(hypergeometricTail(4, 2, 2, 0), 1, 'none or more');
    assert.equal(hypergeometricTail(4, 2, 2, 3), 0, 'three of two');
    assert.equal(hypergeometricTail(4, 3, 3, 2), 1, 'two must be marked');
    assert.equal(hypergeometricTail(5, 0, 5, 1), 0, 'none is marked');
  });

  it('agrees with exact fractions to 1e-12 for every small case', () => {
    for (let total = 1; total <= 14; total++) {
      for (let marked = 0; marked <= total; marked++) {
        for (let drawn = 0; drawn <= total; drawn++) {
          for (let t = 0; t <= drawn + 1; t++) {
            const what = `N ${total} B ${marked} k ${drawn} t ${t}`;
            assertClose(
              hypergeometricTail(total, marked, drawn, t),
              exactTail(total, marked, drawn, t),
              what,
            );
          }
        }
      }
    }
  });

  it('agrees with exact fractions to 1e-12 down to 1e-30 and below', () => {
    const seen = { least: 1 };
    const cases = fc
      .integer({ min: 20, max: 3000 })
      .chain((total) =>
        fc.tuple(fc.constant(total), fc.nat(Math.floor(total / 2)), fc.nat(Math.min(total, 900))),
      )
      .chain(([total, marked, drawn]) =>
        fc.tuple(
          fc.constant(total),
          fc.constant(marked),
          fc.constant(drawn),
          fc.nat(Math.min(marked, drawn)),
        ),
      );
    fc.assert(
      fc.property(cases, ([total, marked, drawn, t]) => {
        const expected = exactTail(total, marked, drawn, t);
        if (expected > 0 && expected < 1e-290) return;
        if (expected > 0) seen.least = Math.min(seen.least, expected);
        assertClose(
          hypergeometricTail(total, marked, drawn, t),
          expected,
          `${total} ${marked} ${drawn} ${t}`,
        );
      }),
      { numRuns: 300, seed: 20_240 },
    );
    assert.ok(seen.least < 1e-30, `the least tail compared was ${seen.least}`);
  });
});

describe('committee size', () => {
  it('fails at a third and not below', () => {
    // 4 of 10 with 2 Byzantine: fails with both, 1 * C(8,2) / C(10,4) = 28 / 210
    assertClose(committeeFailure(10, 2, 4), 28 / 210, 'two of four');
    // 3 of 10 with 1 Byzantine: one of three is a third
    assertClose(committeeFailure(10, 1, 3), 0.3, 'one of three');
    assert.equal(committeeFailure(10, 1, 4), 0, 'one of four');
    assert.equal(committeeFailure(9, 3, 9), 1, 'a third of the whole roster');
    assert.equal(committeeFailure(10, 3, 10), 0, 'less than a third of the whole roster');
  });

  it('is the least size, by trying them all with exact fractions', () => {
    for (const [peers, byzantine] of [
      [30, 5],
      [100, 10],
      [100, 30],
      [300, 60],
    ] as const) {
      for (const failure of [1e-3, 1e-6, 1e-9]) {
        let expected = 1;
        while (exactTail(peers, byzantine, expected, Math.ceil(expected / 3)) > failure) expected += 1;
        assert.equal(
          leastCommitteeSize(peers, byzantine, failure),
          expected,
          `${peers} ${byzantine} ${failure}`,
        );
      }
    }
  });

  it('has no answer where a third or more is Byzantine, and always one below', () => {
    assert.equal(leastCommitteeSize(9, 3, 1e-3), undefined, '3 of 9');
    assert.equal(leastCommitteeSize(10, 3, 1e-30), 10, 'the whole roster');
    assert.equal(leastCommitteeSize(1, 0, 1e-9), 1, 'alone');
    assert.equal(leastCommitteeSize(50, 0, 0), 1, 'all honest');
  });

  it('finds sizes beyond the scan', () => {
    const size = leastCommitteeSize(20_000, 6_200, 1e-9) as number;
    assert.ok(size > 2000 && size % 3 === 1, `size ${size}`);
    assert.ok(committeeFailure(20_000, 6_200, size) <= 1e-9, 'good enough');
    assert.ok(committeeFailure(20_000, 6_200, size - 3) > 1e-9, 'three fewer are not');
  });

  it('falls with f along sizes 3 f + 1 from the scan on, which the bisection rests on', () => {
    for (const share of [0.1, 0.25, 0.3, 0.33]) {
      const peers = 9_001;
      let last = 1;
      for (let f = 600; 3 * f + 1 <= peers; f += 100) {
        const failure = committeeFailure(peers, Math.floor(share * peers), 3 * f + 1);
        assert.ok(failure <= last, `share ${share}, f ${f}: ${failure} after ${last}`);
        last = failure;
      }
    }
  });

  it('adds up over rounds without losing small chances', () => {
    assertClose(failureOverRounds(1e-18, 1000), 1e-15, 'a small one');
    assertClose(failureOverRounds(0.5, 2), 0.75, 'two halves');
    assert.equal(failureOverRounds(1, 5), 1, 'certain');
    assert.equal(failureOverRounds(0, 5), 0, 'never');
  });

  it('bounds what withholding buys, planned over any number of rounds', () => {
    assert.equal(redrawFactor(100, 25), 2, 'a quarter');
    assert.equal(redrawFactor(100, 20), 1.5, 'a fifth');
    assert.equal(redrawFactor(100, 0), 1, 'nobody');
    assert.equal(redrawFactor(99, 33), Infinity, 'a third: nothing is bounded');
    // one round ahead: the adversary sees 1 + (leading Byzantine proposers) seeds and takes a bad one if there is any
    const [share, bad] = [0.25, 0.01];
    let chance = 0;
    for (let leading = 0; leading < 200; leading++) {
      chance += share ** leading * (1 - share) * (1 - (1 - bad) ** (leading + 1));
    }
    assert.ok(chance <= bad * redrawFactor(100, 25), `${chance}`);
    assert.ok(chance > bad * 1.3, 'and it buys that much');
  });

  it('bounds what chosen joins and leaves buy by the chance of so many authors in a row', () => {
    assertClose(steeringChance(100, 25, 16), 3 ** -16, 'a quarter');
    assertClose(steeringChance(100, 25, 1), 1 / 3, 'one round: lead of one or more, and redraws');
    assert.equal(steeringChance(100, 50, 16), 1, 'half: always');
    assert.equal(steeringChance(100, 0, 16), 0, 'nobody');
  });

  it('plans attempts up to the whole roster', () => {
    assert.deepEqual(
      planAttempts(50, 10, 7).map(({ size }) => size),
      [7, 14, 28, 50],
    );
    assert.equal(planAttempts(50, 10, 7).at(-1)?.failure, 0, 'the whole roster is safe');
  });
});

describe('cohort bound', () => {
  it('is the least f that a cohort rarely exceeds', () => {
    for (const [peers, byzantine, size] of [
      [30, 6, 10],
      [200, 40, 25],
    ] as const) {
      const f = leastAggregationF(peers, byzantine, size, 1e-4);
      assertClose(
        cohortExcess(peers, byzantine, size, f),
        exactTail(peers, byzantine, size, f + 1),
        'excess',
      );
      assert.ok(exactTail(peers, byzantine, size, f + 1) <= 1e-4, `${f} is rarely exceeded`);
      assert.ok(exactTail(peers, byzantine, size, f) > 1e-4, `${f - 1} is not`);
    }
    assert.equal(leastAggregationF(10, 0, 5, 1e-9), 0, 'none is Byzantine');
    assert.equal(leastAggregationF(10, 2, 10, 1e-9), 2, 'the whole roster');
  });

  it('is a minority from the least cohort on', () => {
    const size = leastCohortSize(200, 40, 1e-4) as number;
    assert.ok(exactTail(200, 40, size, Math.ceil(size / 2)) <= 1e-4, 'rare enough');
    for (let less = 1; less < size; less++) {
      assert.ok(exactTail(200, 40, less, Math.ceil(less / 2)) > 1e-4, `${less} is too few`);
    }
    assert.equal(leastCohortSize(10, 5, 0.1), undefined, 'half of all');
  });
});
