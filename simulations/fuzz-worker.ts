/** A thread of the fuzzer: plays the seeds that it is sent, answers with what came of each. */
import { parentPort, workerData } from 'node:worker_threads';
import { present } from '../src/foundation/assert.ts';
import { runScenario, type SeedResult } from './run-seed.ts';
import { scenarioOf } from './traps.ts';

const port = present(parentPort, 'the fuzzer that started this thread');
const { peers } = workerData as { readonly peers: number | undefined };

port.on('message', (seeds: readonly number[]) => {
  const results: SeedResult[] = [];
  for (const seed of seeds) results.push(play(seed));
  port.postMessage(results);
});

function play(seed: number): SeedResult {
  try {
    return runScenario(scenarioOf(seed, peers));
  } catch (error) {
    const violations = [`the machine threw: ${(error as Error).stack ?? String(error)}`];
    const nothing = { rounds: 0, events: 0, virtualMs: 0, maxView: 0, attemptsOpened: 0, steppedBack: 0 };
    return { seed, violations, traceDigest: '', ...nothing };
  }
}
