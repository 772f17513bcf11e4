import assert from 'node:assert/strict';
import type { Attack, AttackView } from '../../src/attacks/attack.ts';
import type { AgreedState } from '../../src/estimation/agreed-state.ts';
import { ByzantineWorker } from '../../src/round/byzantine-worker.ts';
import type { RoundContext } from '../../src/crypto/beacon.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';
import { HeardContributions } from '../../src/round/heard-contributions.ts';
import type { WorkerRound } from '../../src/round/worker-round.ts';

const CONTEXT: RoundContext = { round: 2, seed: new Uint8Array(32) };
const EFFORT = { signal: new AbortController().signal, onLoss: () => undefined };
const STATE = { parameters: new Float32Array(1) } as AgreedState;

/** A worker whose contributions are one byte, the number that it sends. */
function workerOf(self: string): WorkerRound {
  return {
    self,
    receiver: {
      plan: () => ({}),
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
