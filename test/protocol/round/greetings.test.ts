import assert from 'node:assert/strict';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import { MAX_GREETINGS_PER_PEER } from '../../../src/protocol/limits.ts';
import type { Machine } from '../../../src/protocol/machine.ts';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { configOf, machineOf, of, PEERS, started } from '../bench-peers.ts';

const [SELF, OTHER] = PEERS;

function trainedMachine(): Machine {
  const config = configOf();
  const machine = machineOf(config, SELF);
  started(machine);
  const { anchor } = genesisChain(config);
  machine.step({ type: 'trained', anchor, digest: 'ee'.repeat(32), byteLength: 4 });
  return machine;
}

const sentTo = (machine: Machine, peer: string): string[] =>
  of(machine.step({ type: 'met', peer }), 'send').map(({ to, message }) => `${message.kind} to ${to}`);

describe('greetings', () => {
  it('hand a peer that comes within reach what was said in the round', () => {
    assert.deepEqual(sentTo(trainedMachine(), OTHER), [`contribution to ${OTHER}`], 'the own contribution');
  });

  it('are for peers with a seat, and a few times a round', () => {
    const machine = trainedMachine();
    assert.deepEqual(sentTo(machine, 'stranger'), [], 'not for a stranger');
    assert.deepEqual(sentTo(machine, SELF), [], 'nor for itself');
    const greeted = Array.from({ length: 10 }, () => sentTo(machine, OTHER).length);
    assert.equal(greeted.filter((count) => count > 0).length, MAX_GREETINGS_PER_PEER, 'who comes and goes');
  });

  it('spare peers that start one after another the wait for a rebroadcast', () => {
    const names = namesOf(5);
    const timing = {
      ...configOf().timing,
      ...{ collectMs: 10_000, proposeMs: 5000, prevoteMs: 2000, precommitMs: 2000, rebroadcastMs: 2000 },
    };
    const run = new CalmNetwork(names, { timing, minContributions: 3 });
    for (const name of names) run.add(name);
    run.peers.forEach((peer, i) => run.world.schedule(300 * i, () => peer.start()));
    assert.ok(run.reach(1), 'round 0 is decided');
    const at = Math.max(...run.peers.map((peer) => run.decidedAt.get(peer)?.get(0) ?? NaN));
    assert.ok(at < 1200 + 1000, `decided ${at.toFixed(0)} ms after the first start, the last came at 1,200`);
  });
});
