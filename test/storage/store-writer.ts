/**
 * A process that writes rounds to a store until it is killed, and says on stdout what was acknowledged:
 * `memory R` and `round R`, one line each, only after the write resolved. Arguments: directory, experiment.
 */
import { writeSync } from 'node:fs';
import { setTimeout as wait } from 'node:timers/promises';
import { openStore } from '../../src/storage/open-store.ts';
import { StoreError } from '../../src/storage/store.ts';
import { anchorOf, checkpointBytes, decisionBytes, memoryBytes, updateOf } from './written-rounds.ts';

const [directory = '', experiment = ''] = process.argv.slice(2);
const say = (line: string) => writeSync(1, `${line}\n`);

// so little that every round drops an older one
const keep = { limit: { kind: 'rounds', rounds: 10 }, leastRounds: 0 } as const;
const store = await openStore(directory, { experiment, keep });
say(`open ${store.history?.last ?? -1} ${store.condition.memoriesIntact} ${store.condition.damage.length}`);
try {
  for (let round = (store.history?.last ?? -1) + 1; ; round++) {
    await store.saveMemory({ round, anchor: anchorOf(round), bytes: memoryBytes(round) }, round - 2);
    say(`memory ${round}`);
    await store.saveDecisions([{ round, decision: decisionBytes(round), update: updateOf(round) }], false);
    say(`round ${round}`);
    if (round % 4 === 3) {
      const state = checkpointBytes(round + 1);
      await store.saveCheckpoint({ round: round + 1, about: state.subarray(0, 100), state });
    }
    await wait(0);
  }
} catch (error) {
  say(`failed ${error instanceof StoreError ? error.code : String(error)}`);
  await store.close();
}
