import assert from 'node:assert/strict';
import { DialMemory } from '../../src/network/dial-memory.ts';
import {
  MAX_UNREACHABLE_PEERS,
  UNREACHABLE_FIRST_MS,
  UNREACHABLE_LONGEST_MS,
} from '../../src/network/limits.ts';

describe('dial memory', () => {
  function memory(): { readonly dials: DialMemory; readonly told: string[] } {
    const told: string[] = [];
    return { dials: new DialMemory(({ peer, why }) => told.push(`${peer}: ${why}`)), told };
  }

  it('refuses dials for a time that doubles, up to the longest', () => {
    const { dials } = memory();
    assert.equal(dials.refusal('a', 0), undefined, 'nothing is known');
    let nowMs = 0;
    for (let waitMs = UNREACHABLE_FIRST_MS; waitMs < 4 * UNREACHABLE_LONGEST_MS; waitMs *= 2) {
      dials.failed('a', 'no answer', nowMs);
      const untilMs = nowMs + Math.min(waitMs, UNREACHABLE_LONGEST_MS);
      assert.equal(dials.refusal('a', untilMs - 1), 'no answer', `waits ${waitMs}`);
      assert.equal(dials.refusal('a', untilMs), undefined, `waited ${waitMs}`);
      nowMs = untilMs;
    }
    dials.reached('a');
    assert.equal(dials.refusal('a', nowMs), undefined, 'it was reached');
  });

  it('tells of a peer once, from the second failure on, and anew after it was reached', () => {
    const { dials, told } = memory();
    dials.failed('a', 'refused', 0);
    assert.deepEqual(told, [], 'it may have been starting');
    for (let i = 1; i < 9; i++) dials.failed('a', 'no answer', i);
    assert.deepEqual(told, ['a: no answer'], 'once');
    assert.deepEqual(
      dials.unreachable().map(({ peer }) => peer),
      ['a'],
      'and it is listed',
    );
    dials.reached('a');
    assert.deepEqual(dials.unreachable(), [], 'reached');
    dials.failed('a', 'gone', 10);
    dials.failed('a', 'gone', 11);
    assert.deepEqual(told, ['a: no answer', 'a: gone'], 'another failure');
  });

  it('holds no more peers than its limit, the newest', () => {
    const { dials } = memory();
    for (let i = 0; i <= MAX_UNREACHABLE_PEERS; i++) dials.failed(`peer ${i}`, 'no answer', 0);
    assert.equal(dials.refusal('peer 0', 0), undefined, 'the oldest is forgotten');
    assert.equal(dials.refusal(`peer ${MAX_UNREACHABLE_PEERS}`, 0), 'no answer', 'the newest is known');
  });
});
