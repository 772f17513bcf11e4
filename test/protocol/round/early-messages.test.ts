import assert from 'node:assert/strict';
import type { Statement } from '../../../src/protocol/verification/authorship.ts';
import { EarlyMessages } from '../../../src/protocol/round/early-messages.ts';
import {
  LEAST_EARLY_BYTES_PER_AUTHOR,
  MAX_EARLY_BYTES,
  MAX_EARLY_MESSAGES,
  MAX_EARLY_PER_AUTHOR,
} from '../../../src/protocol/limits.ts';

const LISTED = { worker: 'a', digest: '', byteLength: 1, signature: new Uint8Array(64) };

const vote = (voter: string, view = 0): Statement =>
  ({ kind: 'vote', phase: 'prevote', round: 5, attempt: 0, view, anchor: '', voter }) as unknown as Statement;

/** A proposal with a list as long as its sender likes. */
const proposal = (proposer: string, view: number, entries: number): Statement => {
  const contributions = Array.from({ length: entries }, () => LISTED);
  const value = { contributions, changes: [] };
  return {
    kind: 'proposal',
    round: 5,
    attempt: 0,
    view,
    anchor: '',
    proposer,
    value,
  } as unknown as Statement;
};

describe('early messages', () => {
  const keep = (early: EarlyMessages, message: Statement, round = 5, seats = 4): string | undefined => {
    const refused = early.refuses(message, round, seats);
    if (refused === undefined) early.keep(message, round, 'neighbour');
    return refused;
  };

  it('are handed out when their round begins, once', () => {
    const early = new EarlyMessages();
    assert.equal(keep(early, vote('a')), undefined, 'kept');
    assert.deepEqual(early.take(4), [], 'not before');
    assert.deepEqual(early.take(5), [{ message: vote('a'), from: 'neighbour' }], 'in their round');
    assert.deepEqual(early.take(5), [], 'once');
    keep(early, vote('a'));
    assert.deepEqual(early.take(6), [], 'nobody needs them later');
    assert.equal(early.size, 0, 'and they are forgotten');
  });

  it('make room for the newest round', () => {
    const early = new EarlyMessages();
    keep(early, vote('a'));
    assert.equal(keep(early, vote('a'), 6), undefined, 'a later round');
    assert.equal(keep(early, vote('b'), 5), 'queue-full', 'an earlier one comes too late');
    assert.equal(early.take(6).length, 1, 'one is left');
  });

  it('have one place for each thing that an author may say once', () => {
    const early = new EarlyMessages();
    keep(early, vote('a'));
    assert.equal(keep(early, vote('a')), 'duplicate', 'its signature is not looked at again');
    assert.equal(keep(early, vote('a', 1)), undefined, 'of another view');
    assert.equal(keep(early, vote('b')), undefined, 'of another author');
  });

  it('are bounded in number, and no author takes the part of another', () => {
    const early = new EarlyMessages();
    for (let view = 0; view < 2 * MAX_EARLY_PER_AUTHOR; view++) keep(early, vote('greedy', view));
    assert.equal(early.size, MAX_EARLY_PER_AUTHOR, 'its part');
    assert.equal(keep(early, vote('honest')), undefined, 'another has its own');
    for (let author = 0; early.size < MAX_EARLY_MESSAGES; author++) {
      for (let view = 0; view < MAX_EARLY_PER_AUTHOR; view++) keep(early, vote(`author-${author}`, view));
    }
    assert.equal(keep(early, vote('the last')), 'queue-full', 'all of them');
  });

  it('are bounded in memory, for all and for each author', () => {
    const entries = 10_000;
    const early = new EarlyMessages();
    let kept = 0;
    for (let author = 0; author < 20; author++) {
      for (let view = 0; view < 20; view++) {
        if (keep(early, proposal(`author-${author}`, view, entries)) === undefined) kept += 1;
      }
    }
    assert.ok(kept > 0 && kept * entries * 100 < MAX_EARLY_BYTES, `${kept} proposals of ${entries} entries`);
    const body = new Uint8Array(LEAST_EARLY_BYTES_PER_AUTHOR);
    const whole = { kind: 'contribution', worker: 'a', round: 5, anchor: '', body } as unknown as Statement;
    const among = new EarlyMessages();
    keep(among, vote('b'));
    assert.equal(keep(among, whole, 5, 10_000), 'queue-full', 'one of 10,000 seats has a small part');
    assert.equal(keep(among, whole, 5, 4), undefined, 'one of four a large one');
  });
});
