import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  committeeSizeAt,
  lastAttempt,
  proposerOf,
  quorumOf,
  sampleCohort,
  sampleCommittee,
  toleranceOf,
} from '../../src/committee/sampling.ts';

const seed = (fill: number) => new Uint8Array(32).fill(fill);
const peers = (n: number) => Array.from({ length: n }, (_, i) => `peer-${i}`);

describe('sampling', () => {
  it('draws the same peers for ever, since histories are checked by drawing again', () => {
    assert.deepEqual(sampleCohort(seed(1), peers(12), 3), ['peer-8', 'peer-2', 'peer-1'], 'cohort');
    assert.deepEqual(
      sampleCommittee(seed(1), 0, peers(12), 4),
      ['peer-5', 'peer-8', 'peer-2', 'peer-3'],
      'committee',
    );
    assert.deepEqual(
      sampleCommittee(seed(1), 1, peers(5), 2),
      ['peer-2', 'peer-4', 'peer-0', 'peer-1'],
      'second attempt',
    );
  });

  it('moves one seat at most where one peer comes or goes, and nobody else’s place', () => {
    const draws = {
      cohort: sampleCohort,
      committee: (from: Uint8Array, roster: readonly string[], size: number) =>
        sampleCommittee(from, 0, roster, size),
    };
    const cases = fc.record({
      bytes: fc.uint8Array({ minLength: 32, maxLength: 32 }),
      n: fc.integer({ min: 2, max: 40 }),
      size: fc.integer({ min: 1, max: 40 }),
      gone: fc.nat(39),
    });
    fc.assert(
      fc.property(cases, ({ bytes, n, size, gone }) => {
        const absent = `peer-${gone % n}`;
        for (const [what, draw] of Object.entries(draws)) {
          const before = draw(bytes, peers(n), size);
          const after = draw(
            bytes,
            peers(n).filter((peer) => peer !== absent),
            size,
          );
          const kept = before.filter((peer) => peer !== absent);
          assert.deepEqual(after.slice(0, kept.length), kept, `${what}: the others keep their order`);
          assert.ok(after.length - kept.length <= 1, `${what}: one seat at most is given anew`);
        }
      }),
    );
  });

  it('does not depend on the order of the roster', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(peers(20), { minLength: 20 }), fc.nat(20), (shuffled, size) => {
        assert.deepEqual(
          sampleCohort(seed(2), shuffled, size),
          sampleCohort(seed(2), peers(20), size),
          'cohort',
        );
        assert.deepEqual(
          sampleCommittee(seed(2), 0, shuffled, size),
          sampleCommittee(seed(2), 0, peers(20), size),
          'committee',
        );
      }),
    );
  });

  it('draws distinct peers of the roster, and all of them when asked for more', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 32, maxLength: 32 }), fc.nat(30), fc.nat(40), (s, n, size) => {
        for (const drawn of [sampleCohort(s, peers(n), size), sampleCommittee(s, 0, peers(n), size)]) {
          assert.equal(drawn.length, Math.min(n, size), 'as many as asked for');
          assert.equal(new Set(drawn).size, drawn.length, 'distinct');
          assert.ok(
            drawn.every((peer) => peers(n).includes(peer)),
            'of the roster',
          );
        }
      }),
    );
  });

  it('draws cohort, committee and attempts independently of each other', () => {
    const roster = peers(40);
    const draws = [
      sampleCohort(seed(3), roster, 40),
      sampleCommittee(seed(3), 0, roster, 40),
      sampleCommittee(seed(3), 1, roster, 40),
      sampleCommittee(seed(4), 0, roster, 40),
    ].map((drawn) => drawn.join());
    assert.equal(new Set(draws).size, draws.length, 'four orders');
  });

  it('gives every peer the same chance', () => {
    const roster = peers(10);
    const counts = new Map(roster.map((peer) => [peer, 0]));
    const rounds = 5000;
    for (let round = 0; round < rounds; round++) {
      const bytes = Uint8Array.from([round & 255, round >> 8]);
      for (const peer of sampleCommittee(bytes, 0, roster, 3)) counts.set(peer, (counts.get(peer) ?? 0) + 1);
    }
    const expected = (rounds * 3) / 10;
    for (const [peer, count] of counts) {
      // standard deviation sqrt(5000 * .3 * .7) = 32
      assert.ok(Math.abs(count - expected) < 165, `${peer} was drawn ${count} times, ${expected} expected`);
    }
  });

  it('doubles the committee at each attempt, up to the roster', () => {
    assert.deepEqual(
      [0, 1, 2, 3, 4, 60].map((attempt) => committeeSizeAt(attempt, 4, 50)),
      [4, 8, 16, 32, 50, 50],
    );
    assert.equal(lastAttempt(4, 50), 4);
    assert.equal(lastAttempt(50, 50), 0);
  });

  it('goes around the committee, view by view', () => {
    assert.deepEqual(
      [0, 1, 2, 3].map((view) => proposerOf(['a', 'b', 'c'], view)),
      ['a', 'b', 'c', 'a'],
    );
  });

  it('refuses a roster with a peer in it twice', () => {
    assert.throws(() => sampleCohort(seed(1), ['a', 'b', 'a'], 1), /twice/);
  });

  it('has quorums that share an honest member, and that honest members alone can form', () => {
    assert.deepEqual([1, 2, 3, 4, 5, 6, 7, 10, 43].map(quorumOf), [1, 2, 3, 3, 4, 5, 5, 7, 29]);
    for (let size = 1; size <= 200; size++) {
      const f = toleranceOf(size);
      assert.ok(3 * f < size && 3 * (f + 1) >= size, `tolerance of ${size}`);
      assert.ok(2 * quorumOf(size) - size > f, `quorums of ${size} intersect beyond f`);
      assert.ok(quorumOf(size) <= size - f, `honest members of ${size} form a quorum`);
      assert.ok(3 * quorumOf(size) > 2 * size, `quorum of ${size} is more than two thirds`);
    }
  });
});
