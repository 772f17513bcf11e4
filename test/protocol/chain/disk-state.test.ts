import assert from 'node:assert/strict';
import { DiskState } from '../../../src/protocol/chain/disk-state.ts';
import { Timeline } from '../../../src/protocol/chain/timeline.ts';
import { committeeOf, genesisChain } from '../../../src/protocol/chain/chain.ts';
import { signersOf } from '../../../src/protocol/verification/certificate-signers.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import { MAX_RESTORES } from '../../../src/protocol/limits.ts';
import { configOfSeven, of, outboxOf, SEVEN } from '../bench-peers.ts';
import { decide, decideMany, type MadeDecision } from '../made-chain.ts';

const EVERY = 4;
const CONFIG = configOfSeven({ checkpointRounds: EVERY });
const GENESIS = genesisChain(CONFIG);
const made = decideMany(CONFIG, 20);

/** A peer that has followed so many rounds without applying them. */
function followed(rounds: number): {
  readonly disk: DiskState;
  readonly timeline: Timeline;
  readonly take: () => readonly Effect[];
} {
  const outbox = outboxOf(CONFIG, SEVEN[0]);
  const timeline = new Timeline(GENESIS);
  const disk = new DiskState(outbox, timeline);
  for (const { decision, value, after } of made.slice(0, rounds)) disk.follow(decision, value, after);
  return { disk, timeline, take: () => outbox.take() };
}

describe('what stands on the disk and is not applied', () => {
  it('stores each decision that it follows, in order, with the seed of its round', () => {
    const { timeline, take } = followed(3);
    const stored = of(take(), 'storeDecision');
    assert.deepEqual(
      stored.map(({ context, truncate }) => [context.round, context.seed, truncate]),
      made.slice(0, 3).map(({ before }) => [before.round, before.seed, false]),
    );
    assert.equal(timeline.head.anchor, made[2]?.after.anchor, 'the head moves');
  });

  it('keeps as much of the timeline as a checkpoint would be replayed from', () => {
    const { timeline } = followed(20);
    assert.equal(timeline.oldest, 20 - EVERY, 'one interval below the newest checkpoint');
  });

  it('asks for the newest checkpoint that others may have, of all peers but itself', () => {
    const { disk, take } = followed(10);
    take();
    assert.equal(disk.recover(), true);
    const [restore] = of(take(), 'restore');
    assert.deepEqual(
      restore?.candidates.map(({ round }) => round),
      [8, 4],
      'newest first',
    );
    assert.deepEqual([...(restore?.sources ?? [])].sort(), SEVEN.slice(1).sort());
  });

  it('names those first that signed the newest of the states', () => {
    const { disk, take } = followed(10);
    take();
    disk.recover();
    const [restore] = of(take(), 'restore');
    const { before, decision } = made[7] as MadeDecision;
    const { certificate } = decision;
    const signers = signersOf(committeeOf(CONFIG, before, certificate.attempt), certificate)
      .map(({ voter }) => voter)
      .filter((peer) => peer !== SEVEN[0]);
    assert.ok(signers.length > 0 && signers.length < 6, `${signers.length} of the others signed`);
    assert.deepEqual(restore?.sources.slice(0, signers.length).sort(), signers.sort());
  });

  it('replays what it has where there is no checkpoint above it', () => {
    const { disk, take } = followed(EVERY - 1);
    take();
    assert.equal(disk.recover(), true);
    assert.deepEqual(take(), [{ type: 'rewind', round: 0 }], 'from where the application stands');
  });

  it(`replays every update once ${MAX_RESTORES} restores have failed`, () => {
    const { disk, take } = followed(6);
    for (let i = 0; i < MAX_RESTORES; i++) {
      take();
      disk.recover();
      assert.equal(of(take(), 'restore').length, 1, `restore ${i + 1}`);
      assert.equal(disk.rebuilt(undefined, ''), 'failed');
    }
    disk.recover();
    assert.deepEqual(take(), [{ type: 'rewind', round: 0 }]);
    assert.equal(disk.rebuilt(0, GENESIS.applicationDigest), GENESIS);
    disk.recover();
    assert.equal(of(take(), 'restore').length, 1, 'one that succeeds counts the failures anew');
  });

  it('cannot replay from below the timeline: it goes on asking for a checkpoint', () => {
    const { disk, take } = followed(20);
    for (let i = 0; i <= MAX_RESTORES; i++) assert.equal(disk.rebuilt(undefined, ''), 'failed');
    take();
    assert.equal(disk.recover(), true);
    assert.equal(of(take(), 'restore').length, 1);
  });
});

describe('bringing the application to a state', () => {
  it('takes the answer to the last question: those before it were of another state', () => {
    const { disk } = followed(3);
    disk.rewind(2);
    disk.rewind(1);
    assert.equal(disk.rebuilt(2, made[1]?.after.applicationDigest ?? ''), 'on its way');
    assert.equal(disk.rebuilt(1, made[0]?.after.applicationDigest ?? ''), made[1]?.before);
    assert.equal(disk.applied, 1);
  });

  it('takes no state but the certified one of a round that it knows', () => {
    const { disk } = followed(3);
    for (const [round, digest] of [
      [2, 'ee'.repeat(32)],
      [9, made[8]?.after.applicationDigest ?? ''],
    ] as const) {
      disk.rewind(2);
      assert.equal(disk.rebuilt(round, digest), 'failed', `round ${round}`);
    }
    assert.equal(disk.applied, 0);
  });
});

describe('what stays on the disk after a step back', () => {
  const [, , third] = made as [MadeDecision, MadeDecision, MadeDecision];
  const other = decide(CONFIG, third.before, { name: 'other' });
  const cutAt = (round: number) => {
    const { disk, timeline, take } = followed(6);
    disk.keep(timeline.cutAt(round));
    take();
    return { disk, take };
  };

  it('is known by its value', () => {
    const { disk } = cutAt(2);
    assert.equal(disk.size, 4, 'the rounds that were cut off');
    assert.equal(disk.has(2, third.value), true);
    assert.equal(disk.has(2, other.value), false, 'another value of the round');
    assert.equal(disk.has(1, (made[1] as MadeDecision).value), false, 'below the head nothing was cut off');
  });

  it('is not written again where the same value takes its place', () => {
    const { disk, take } = cutAt(2);
    disk.follow(third.decision, third.value, third.after);
    assert.deepEqual(take(), []);
    assert.equal(disk.size, 3, 'the rounds above it stay');
  });

  it('goes, and all that stands on it, where another value takes its place', () => {
    const { disk, take } = cutAt(2);
    disk.follow(other.decision, other.value, other.after);
    assert.deepEqual(
      of(take(), 'storeDecision').map(({ truncate }) => truncate),
      [true],
    );
    assert.equal(disk.size, 0);
    assert.equal(disk.replaces(5, other.value), false, 'and is replaced once');
  });
});
