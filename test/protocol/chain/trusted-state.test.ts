import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import {
  fakeRandomness,
  fakeSignatures,
  fakeVerify,
  fakeVerifyRandomness,
} from '../../../simulations/fake-schemes.ts';
import { present } from '../../../src/foundation/assert.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import { Machine } from '../../../src/protocol/machine.ts';
import { flat, of, started } from '../bench-peers.ts';

const ROUND = 3;

describe('a trusted state', () => {
  const names = namesOf(4);
  const network = new CalmNetwork(names);
  const newcomer = (anchor: string): Machine =>
    new Machine(network.config, {
      self: names[0] as string,
      signatures: { ...fakeSignatures(names[0] as string), verify: fakeVerify },
      randomness: { ...fakeRandomness(names[0] as string), verify: fakeVerifyRandomness },
      trusted: { round: ROUND, anchor },
    });
  const decisions = () => {
    const { disk } = present(network.peers[0], 'peer');
    return Array.from({ length: 6 }, (_, round) => present(disk.decisions.get(round), 'decision').decision);
  };
  const anchorAt = (round: number): string => present(decisions()[round], 'decision').value.anchor;
  /** Brings a peer that begins at genesis what another has, and applies what it adopts. */
  const follow = (machine: Machine): Effect[] => {
    const seen = [...started(machine)];
    const answer = { type: 'caughtUp', peer: names[1] as string, decisions: decisions(), head: 6 } as const;
    let effects = machine.step(answer);
    for (;;) {
      seen.push(...effects);
      const [adopt] = of(effects, 'adopt');
      if (adopt === undefined) return flat(seen);
      const { round } = adopt.context;
      const { applicationDigest } = adopt.decision.outcome;
      effects = machine.step({ type: 'adopted', round, applicationDigest });
    }
  };

  before(() => {
    for (const name of names) network.add(name);
    network.start();
    assert.ok(network.reach(7), 'a history');
  });

  it('lets the peer follow the history that contains it, and sign only beyond it', () => {
    const machine = newcomer(anchorAt(ROUND));
    const effects = follow(machine);
    assert.ok(machine.position.round >= 6, `it is at ${machine.position.round}`);
    const trained = effects.flatMap((effect) => (effect.type === 'train' ? [effect.context.round] : []));
    assert.ok(trained.length > 0 && trained.every((round) => round >= ROUND), `trained in ${trained.join()}`);
  });

  it('stops the peer before a history that does not contain it, and says so once', () => {
    const machine = newcomer('00'.repeat(32));
    const effects = follow(machine);
    assert.equal(machine.position.round, ROUND - 1, 'the last round that may belong to both');
    const [decision] = decisions().slice(ROUND - 1);
    const again = machine.step({
      type: 'message',
      message: present(decision, 'decision'),
      from: names[2] as string,
    });
    const said = [...effects, ...flat(again)].filter(
      (effect) => effect.type === 'report' && effect.report.event === 'untrusted-history',
    );
    assert.equal(said.length, 1, 'one report');
    assert.deepEqual(of(again, 'verdict')[0]?.verdict, 'reject', 'who brings it again is refused');
    assert.deepEqual(of(effects, 'train'), [], 'it has signed nothing');
  });
});
