import assert from 'node:assert/strict';
import { Patience, waitingFor } from '../../../nodes/peer/waiting.ts';
import { parseExperiment } from '../../../src/config/experiment.ts';
import { hashOf } from '../../../src/crypto/hash.ts';
import { PeerKey } from '../../../src/crypto/peer-key.ts';

describe('a waiting peer', () => {
  it('says so after ten seconds, then less and less often, and anew after each round', () => {
    const patience = new Patience(0);
    const words: number[] = [];
    for (let now = 0; now <= 600_000; now += 5_000) {
      const seconds = patience.word(now);
      if (seconds !== undefined) words.push(seconds);
    }
    assert.deepEqual(words, [10, 20, 40, 80, 160, 280, 400, 520], 'seconds of silence');
    patience.reset(600_000);
    assert.equal(patience.word(605_000), undefined, 'a round was decided');
    assert.equal(patience.word(610_000), 10, 'and then none');
  });

  it('names who is missing and what a round needs', () => {
    const roster = Array.from({ length: 8 }, (_, i) => new PeerKey(hashOf('waiting', i)).id).sort();
    const experiment = parseExperiment({ roster, aggregation: { rule: 'median', f: 1 } });
    const [self = '', friend = ''] = roster;
    const { why, ...counts } = waitingFor(experiment, self, [friend, 'a stranger']);
    assert.deepEqual(counts, { connected: 1, missing: 6 }, 'of the roster');
    const named = roster.slice(2, 7).map((id) => `...${id.slice(-6)}`);
    assert.equal(
      why,
      `no ${named.join(', ')} and 1 more;` +
        ' a round needs 3 contributions and more than two thirds of a committee of 7',
      'who and what',
    );
    assert.match(waitingFor(experiment, self, roster).why, /^everyone is connected; /, 'nobody is missing');
  });
});
