import assert from 'node:assert/strict';
import type { Attack, AttackView } from '../../src/attacks/attack.ts';
import type { AgreedState } from '../../src/estimation/agreed-state.ts';
import { ByzantineWorker, Collusion } from '../../src/round/byzantine-worker.ts';
import { EstimateBoard } from '../../src/round/estimate-board.ts';
import { SpareVectors } from '../../src/foundation/spare-vectors.ts';
import type { RoundContext } from '../../src/crypto/beacon.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import { HeardContributions } from '../../src/round/heard-contributions.ts';
import type { WorkerRound } from '../../src/round/worker-round.ts';

const CONTEXT: RoundContext = { round: 2, seed: new Uint8Array(32) };
const EFFORT = { signal: new AbortController().signal, onLoss: () => undefined };
const STATE = { parameters: new Float32Array(1) } as AgreedState;

/** A worker whose contributions are the numbers that it sends. */
function workerOf(self: string, spare?: SpareVectors): WorkerRound {
  return {
    self,
    receiver: {
      plan: () => ({}),
      ...(spare && { kernels: { spare } }),
      vectorOf: (_plan: unknown, _context: unknown, { body }: Contribution) => Float32Array.from(body),
    },
    encode: (vector: Float32Array) => Uint8Array.from(vector),
    estimate: () => Promise.resolve(Float32Array.of(99)),
  } as unknown as WorkerRound;
}

/** What the attack of `self` is shown, where it heard a and b and has these accomplices in the round. */
async function shownTo(self: string, accomplices: readonly string[]): Promise<Omit<AttackView, 'random'>[]> {
  const shown: Omit<AttackView, 'random'>[] = [];
  const attack: Attack = {
    ...{ name: 'sum', knowledge: 'omniscient', collusive: true },
    forge: ({ random, ...view }) => {
      shown.push(view);
      const sum = (view.honest ?? []).reduce((total, [x = 0]) => total + x, 0);
      return Float32Array.of(sum + random.nextBelow(200));
    },
  };
  const heard = new HeardContributions();
  const worker = new ByzantineWorker(workerOf(self), {
    ...{ attack, initialParameters: new Float32Array(1), heard },
  });
  const contributions = [
    { worker: 'b', body: Uint8Array.of(5) },
    { worker: 'a', body: Uint8Array.of(3) },
  ];
  heard.hear(CONTEXT, { contributions, accomplices });
  const body = await worker.contribute(STATE, CONTEXT, EFFORT);
  return shown.map((view) => ({ ...view, own: Float32Array.from(body) }));
}

describe('a Byzantine worker with a process of its own', () => {
  it('counts itself and its accomplices in the round as the Byzantine ones, and the others as honest', async () => {
    for (const accomplices of [[], ['c'], ['c', 'd']]) {
      const [view] = await shownTo('self', accomplices);
      const f = accomplices.length + 1;
      assert.deepEqual([view?.n, view?.f], [2 + f, f], `with ${f - 1} accomplices`);
      assert.deepEqual(
        view?.honest?.map(([x]) => x),
        [3, 5],
        'in the order of the cohort',
      );
    }
  });

  it('forges what its accomplice forges from the same, random numbers included', async () => {
    const [one] = await shownTo('c', ['d']);
    const [other] = await shownTo('d', ['c']);
    assert.deepEqual(one?.own, other?.own);
  });
});

describe('Byzantine workers of one process', () => {
  /** The least whose memory serves again. */
  const LENGTH = 65_536;
  const COPY: Attack = {
    ...{ name: 'copy', knowledge: 'omniscient', collusive: true },
    forge: ({ honest }) => honest?.[0] as Float32Array,
  };

  function colluding(attack: Attack): {
    board: EstimateBoard;
    spare: SpareVectors;
    workers: ByzantineWorker[];
  } {
    const board = new EstimateBoard();
    const spare = new SpareVectors();
    const collusion = new Collusion(board, new Set(['b', 'c']), () => ['a', 'b', 'c']);
    const workers = ['b', 'c'].map(
      (self) =>
        new ByzantineWorker(workerOf(self, spare), {
          ...{ attack, initialParameters: new Float32Array(LENGTH), collusion },
        }),
    );
    return { board, spare, workers };
  }

  const at = (round: number): RoundContext => ({ ...CONTEXT, round });

  it('send what they copied to the last, though the memory that they copied serves again', async () => {
    const { board, spare, workers } = colluding(COPY);
    board.post(0, 'a', spare.take(LENGTH).fill(3), spare);
    const first = await workers[0]!.contribute(STATE, at(0), EFFORT);
    board.post(2, 'a', spare.take(LENGTH), spare);
    spare.take(LENGTH).fill(7);
    const late = await workers[1]!.contribute(STATE, at(0), EFFORT);
    assert.deepEqual([first[0], late[0]], [3, 3]);
  });

  it('give back what they forged when two later rounds were forged, not before', async () => {
    const { board, spare, workers } = colluding({
      ...COPY,
      forge: ({ kernels }) => kernels?.spare.take(LENGTH) as Float32Array,
    });
    const forged = spare.take(LENGTH);
    spare.give(forged);
    for (const round of [0, 1, 2]) {
      board.post(round, 'a', new Float32Array(LENGTH), spare);
      await Promise.all(workers.map((worker) => worker.contribute(STATE, at(round), EFFORT)));
      const next = spare.take(LENGTH);
      assert.equal(next === forged, round === 2, `after round ${round}`);
    }
  });
});
