import assert from 'node:assert/strict';
import { SpareVectors } from '../../src/foundation/spare-vectors.ts';
import { EstimateBoard } from '../../src/round/estimate-board.ts';

/** The least that serves again. */
const LENGTH = 65_536;
const { signal } = new AbortController();

/** Whether the next vector that is taken is this one. */
function servesAgain(spare: SpareVectors, vector: Float32Array): boolean {
  return spare.take(LENGTH) === vector;
}

describe('the board of honest vectors', () => {
  it('shows the vectors of a round in the given order, once all are there', async () => {
    const board = new EstimateBoard();
    const seen = board.collect(3, ['b', 'a'], signal, (honest) => honest.map(([x]) => x));
    board.post(3, 'a', Float32Array.of(1));
    board.post(2, 'b', Float32Array.of(9));
    board.post(3, 'b', Float32Array.of(2));
    assert.deepEqual(await seen, [2, 1]);
  });

  it('shows what is there when the signal fires', async () => {
    const board = new EstimateBoard();
    const stop = new AbortController();
    const seen = board.collect(0, ['a', 'b'], stop.signal, (honest) => honest.length);
    board.post(0, 'a', Float32Array.of(1));
    stop.abort();
    assert.equal(await seen, 1);
  });

  it('gives back what it was left in the round before, and nothing younger', () => {
    const board = new EstimateBoard();
    const spare = new SpareVectors();
    const [first, second] = [spare.take(LENGTH), spare.take(LENGTH)];
    board.post(0, 'a', first, spare);
    assert.ok(!servesAgain(spare, first));
    board.post(1, 'a', second, spare);
    assert.ok(servesAgain(spare, first));
    assert.ok(!servesAgain(spare, second));
  });

  it('gives it back before anybody of the next round needs memory', () => {
    const board = new EstimateBoard();
    const spare = new SpareVectors();
    const vector = spare.take(LENGTH);
    board.post(0, 'a', vector, spare);
    board.begin(0);
    assert.ok(!servesAgain(spare, vector));
    board.begin(1);
    assert.ok(servesAgain(spare, vector));
  });

  it('gives nothing back that somebody still waits for', async () => {
    const board = new EstimateBoard();
    const spare = new SpareVectors();
    const vector = spare.take(LENGTH);
    board.post(0, 'a', vector, spare);
    const stop = new AbortController();
    const seen = board.collect(0, ['a', 'b'], stop.signal, ([honest]) => honest);
    board.post(1, 'a', new Float32Array(LENGTH), spare);
    assert.ok(!servesAgain(spare, vector));
    stop.abort();
    assert.equal(await seen, vector);
  });
});
