import assert from 'node:assert/strict';
import type { ContributionMessage } from '../../src/messages/contribution.ts';
import type { Value } from '../../src/messages/proposal.ts';
import { Collection } from '../../src/protocol/collection.ts';

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

/** With these workers' contributions here and checked. */
function holding(...workers: readonly string[]): Collection {
  const collection = new Collection(COHORT);
  for (const worker of workers) {
    collection.add(contribution(worker));
    collection.fetched(worker, worker.repeat(64), undefined);
  }
  return collection;
}

describe('collection', () => {
  it('lists what is fetched and sound, sorted by worker', () => {
    const collection = holding('d', 'b');
    collection.add(contribution('a'));
    collection.add(contribution('c'));
    collection.fetched('c', 'c'.repeat(64), 'not-finite');
    const names = (): string[] => collection.ready().map(({ worker }) => worker);
    assert.deepEqual(names(), ['b', 'd'], 'not one that is being fetched, nor one that is worthless');
    assert.equal(collection.isComplete, false, 'a is still waited for');
    collection.fetched('a', 'b'.repeat(64), undefined);
    assert.equal(collection.isComplete, false, 'another body is not its body');
    collection.fetched('a', 'a'.repeat(64), undefined);
    assert.deepEqual([collection.isComplete, names()], [true, ['a', 'b', 'd']], 'everyone is known');
  });

  it('asks again for a body that nobody had, not for one that was bad', () => {
    const collection = new Collection(COHORT);
    assert.ok(collection.wants('a'), 'nothing is known of it');
    collection.add(contribution('a'));
    assert.equal(collection.wants('a'), false, 'it is on its way');
    collection.fetched('a', 'a'.repeat(64), 'unavailable');
    assert.ok(collection.wants('a'), 'once more');
    collection.add(contribution('a'));
    collection.fetched('a', 'a'.repeat(64), 'wrong-length');
    assert.equal(collection.wants('a'), false, 'never again');
    assert.equal(collection.expects('z'), false, 'strangers are not waited for');
  });

  it('judges omissions against what was here in time', () => {
    const collection = holding('a', 'b', 'c');
    assert.equal(collection.censored(valueOf('a'), 0.34), undefined, 'too early: d may be missing for all');
    collection.close();
    assert.ok(collection.isClosed, 'the deadline');
    collection.add(contribution('d'));
    collection.fetched('d', 'd'.repeat(64), undefined);
    const omitted = (share: number, ...workers: readonly string[]): readonly string[] | undefined =>
      collection.censored(valueOf(...workers), share)?.map(({ worker }) => worker);
    assert.deepEqual(omitted(0.34, 'a', 'b'), [], 'one of three may be left out');
    assert.deepEqual(omitted(0.33, 'a', 'b'), ['c'], 'not where the share is smaller');
    assert.deepEqual(omitted(0.34, 'a'), ['b', 'c'], 'nor two; d came late and does not count');
    assert.deepEqual(omitted(0, 'a', 'b', 'c', 'd'), [], 'the whole cohort omits nobody');
  });

  it('judges before the deadline where the whole cohort is in', () => {
    const collection = holding('a', 'b', 'c', 'd');
    assert.equal(collection.censored(valueOf('a', 'b'), 0.34)?.length, 2, 'two of four');
    assert.ok(collection.isClosed, 'which closes the collection');
  });
});
