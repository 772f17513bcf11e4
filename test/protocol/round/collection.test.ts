import assert from 'node:assert/strict';
import type { ContributionMessage } from '../../../src/messages/contribution.ts';
import type { Value } from '../../../src/messages/proposal.ts';
import { Collection } from '../../../src/protocol/round/collection.ts';

const COHORT = ['d', 'a', 'c', 'b'];

function contribution(worker: string, digest = worker.repeat(64)): ContributionMessage {
  const at = { round: 0, anchor: '33'.repeat(32) };
  const message = {
    kind: 'contribution',
    ...at,
    worker,
    digest,
    byteLength: 4,
    signature: new Uint8Array(1),
  };
  return message as unknown as ContributionMessage;
}

function valueOf(...workers: readonly string[]): Value {
  return { contributions: workers.map((worker) => contribution(worker)) } as unknown as Value;
}

const BOUNDS = { collectMs: 1000, collectMinMs: 100, minContributions: 2 };
const NOW = 50;

/** Waits for these of the cohort, each for 400 ms. */
function collectionOf(awaited: readonly string[] = COHORT, bounds = BOUNDS): Collection {
  const waits = { awaits: (worker: string) => awaited.includes(worker), allowanceMs: () => 400 };
  const collection = new Collection(COHORT, waits, bounds);
  collection.start(0);
  return collection;
}

function bring(collection: Collection, ...workers: readonly string[]): Collection {
  for (const worker of workers) {
    collection.add(contribution(worker));
    collection.fetched(worker, worker.repeat(64), undefined, NOW);
  }
  return collection;
}

describe('collection', () => {
  it('lists what is fetched and sound, sorted by worker', () => {
    const collection = bring(collectionOf(), 'd', 'b');
    collection.add(contribution('a'));
    collection.add(contribution('c'));
    collection.fetched('c', 'c'.repeat(64), 'not-finite', NOW);
    const names = (): string[] => collection.ready().map(({ worker }) => worker);
    assert.deepEqual(names(), ['b', 'd'], 'not one that is being fetched, nor one that is worthless');
    assert.deepEqual(collection.missing(), ['a'], 'a is still waited for');
    assert.equal(collection.fetched('a', 'b'.repeat(64), undefined, NOW), undefined, 'not its body');
    assert.deepEqual(collection.missing(), ['a'], 'another body is not its body');
    assert.equal(collection.fetched('a', 'a'.repeat(64), undefined, 70), 70, 'how long it took');
    assert.deepEqual([collection.missing(), names()], [[], ['a', 'b', 'd']], 'everyone is known');
    assert.equal(collection.remainingMs(70), 0, 'and nobody is waited for');
  });

  it('waits for those that are counted on, each its time, and for the others a little longer than the last took', () => {
    const collection = bring(collectionOf(['a', 'b', 'c']), 'a', 'b');
    assert.deepEqual([collection.missing(), collection.remainingMs(NOW)], [['c'], 350], '400 ms for c');
    bring(collection, 'c');
    assert.equal(collection.remainingMs(NOW), 25, 'd is not waited for: half as long again');
    assert.ok(collection.remainingMs(75) <= 0, 'which is over at 75 ms');
    collection.add(contribution('d'));
    assert.equal(collection.remainingMs(100), 300, 'of d something came: it is waited for like any other');
    bring(collection, 'd');
    assert.equal(collection.remainingMs(60), 0, 'the whole cohort is enough at once');
  });

  it('waits all the time there is while fewer are in than a round needs', () => {
    const collection = bring(collectionOf(['a']), 'a');
    assert.equal(collection.remainingMs(NOW), 950, 'one of at least two');
    bring(collection, 'b');
    assert.equal(collection.remainingMs(NOW), 25, 'two');
  });

  it('gives those on whom nobody counts the shortest time at most, and all of it where it is the longest too', () => {
    const short = bring(collectionOf(['a', 'b'], { ...BOUNDS, collectMinMs: 60 }), 'a', 'b');
    assert.equal(short.remainingMs(NOW), 10, '60 ms in place of 75');
    const equal = bring(collectionOf(['a', 'b'], { ...BOUNDS, collectMinMs: 1000 }), 'a', 'b');
    assert.equal(equal.remainingMs(NOW), 950, 'as long for everyone in every round');
  });

  it('asks again for a body that nobody had, not for one that was bad', () => {
    const collection = collectionOf();
    assert.ok(collection.wants('a'), 'nothing is known of it');
    collection.add(contribution('a'));
    assert.equal(collection.wants('a'), false, 'it is on its way');
    collection.fetched('a', 'a'.repeat(64), 'unavailable', NOW);
    assert.ok(collection.wants('a'), 'once more');
    collection.add(contribution('a'));
    collection.fetched('a', 'a'.repeat(64), 'wrong-length', NOW);
    assert.equal(collection.wants('a'), false, 'never again');
    assert.equal(collection.expects('z'), false, 'strangers are not waited for');
  });

  it('judges omissions against what was here in time', () => {
    const collection = bring(collectionOf(), 'a', 'b', 'c');
    assert.equal(collection.censored(valueOf('a'), 0.34), undefined, 'too early: d may be missing for all');
    collection.close(400);
    assert.deepEqual([collection.isClosed, collection.tookMs], [true, 400], 'the deadline');
    bring(collection, 'd');
    const omitted = (share: number, ...workers: readonly string[]): readonly string[] | undefined =>
      collection.censored(valueOf(...workers), share)?.map(({ worker }) => worker);
    assert.deepEqual(omitted(0.34, 'a', 'b'), [], 'one of three may be left out');
    assert.deepEqual(omitted(0.33, 'a', 'b'), ['c'], 'not where the share is smaller');
    assert.deepEqual(omitted(0.34, 'a'), ['b', 'c'], 'nor two; d came late and does not count');
    assert.deepEqual(omitted(0, 'a', 'b', 'c', 'd'), [], 'the whole cohort omits nobody');
  });

  it('judges before the deadline only what lists everyone that it waits for', () => {
    const collection = bring(collectionOf(['a', 'b', 'c']), 'a');
    assert.equal(collection.censored(valueOf('a', 'b'), 0.9), undefined, 'c may still come');
    assert.deepEqual(collection.censored(valueOf('a', 'b', 'c'), 0), [], 'nobody waits for d');
    bring(collection, 'd');
    assert.equal(collection.censored(valueOf('a', 'b', 'c'), 0), undefined, 'd is here, and may be left out');
  });
});
