import assert from 'node:assert/strict';
import { Patience, waitingFor } from '../../../nodes/peer/waiting.ts';

describe('a waiting peer', () => {
  it('says so after five seconds, then less and less often, and anew after each round', () => {
    const patience = new Patience(0);
    const words: number[] = [];
    for (let now = 0; now <= 600_000; now += 1_000) {
      const seconds = patience.word(now);
      if (seconds !== undefined) words.push(seconds);
    }
    assert.deepEqual(words, [5, 10, 20, 40, 80, 160, 280, 400, 520], 'seconds of silence');
    patience.reset(600_000, false);
    assert.equal(patience.word(604_000), undefined, 'a round was decided');
    assert.equal(patience.word(605_000), 5, 'and then none');
  });

  it('is patient where rounds take long with nothing amiss, and no longer where one takes as long for want of somebody', () => {
    const patience = new Patience(0);
    patience.reset(20_000, true);
    assert.equal(patience.word(59_000), undefined, 'not yet twice as long as usual');
    assert.equal(patience.word(60_000), 40, 'twice as long');
    const other = new Patience(0);
    other.reset(1_000, true);
    other.reset(11_400, false);
    assert.equal(other.word(16_400), 5, 'before a round of ten seconds is over');
  });

  it('names what it waits for and who is not connected', () => {
    const seats = Array.from({ length: 8 }, (_, i) => `12D3KooW-peer-${i}`);
    const [self = '', friend = ''] = seats;
    const { why, ...counts } = waitingFor(seats, self, [friend, 'a stranger'], 'the reason');
    assert.deepEqual(counts, { connected: 1, missing: 6 }, 'of those with a seat');
    const named = seats.slice(2, 7).map((id) => `...${id.slice(-6)}`);
    assert.equal(why, `the reason; not connected: ${named.join(', ')} and 1 more`, 'who and what');
    assert.equal(waitingFor(seats, self, seats, 'the reason').why, 'the reason', 'nobody is missing');
  });
});
