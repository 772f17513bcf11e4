import assert from 'node:assert/strict';
import { CalmNetwork, namesOf } from '../../../simulations/calm-network.ts';
import { fakeSignatures } from '../../../simulations/fake-schemes.ts';
import { present } from '../../../src/foundation/assert.ts';
import type { Held, UnverifiedAbandon } from '../../../src/messages/abandon.ts';
import type { Evidence } from '../../../src/messages/evidence.ts';
import type { Digest } from '../../../src/crypto/hash.ts';
import { SETTLEMENT_ROUNDS } from '../../../src/protocol/limits.ts';
import { abandonBytes } from '../../../src/protocol/verification/statements.ts';
import { configOf, flat, machineOf, of, PEERS, started, verifierOf } from '../bench-peers.ts';

interface At {
  readonly round: number;
  readonly attempt: number;
  readonly anchor: Digest;
}

function abandonOf(experiment: Digest, peer: string, at: At, holds: Held | null): UnverifiedAbandon {
  const signature = fakeSignatures(peer).sign(abandonBytes(experiment, at, holds));
  return { kind: 'abandon', ...at, peer, holds, signature };
}

describe('abandonments', () => {
  it('two of one attempt are evidence, one twice is none', () => {
    const config = configOf({ committeeSize: 2 });
    const machine = machineOf(config, PEERS[0]);
    started(machine);
    const { round, anchor } = machine.position;
    const at = { round, attempt: 0, anchor };
    const none = abandonOf(config.experiment, PEERS[1], at, null);
    const some = abandonOf(config.experiment, PEERS[1], at, { attempt: 0, value: '11'.repeat(32) });
    const hear = (message: UnverifiedAbandon) => machine.step({ type: 'message', message, from: PEERS[1] });
    const published = (effects: ReturnType<typeof hear>): Evidence[] =>
      of(effects, 'publish').flatMap(({ message }) => (message.kind === 'evidence' ? [message] : []));
    assert.deepEqual(published(hear(none)), [], 'the first');
    assert.deepEqual(published(hear({ ...none })), [], 'again');
    const [evidence] = published(hear(some));
    assert.ok(evidence !== undefined && evidence.slot.about === 'abandon', 'another');
    assert.equal(evidence.peer, PEERS[1]);
    assert.equal(verifierOf(config).evidence(evidence), undefined, 'anyone can check it');
    const forged = { ...evidence, first: { ...evidence.first, signature: new Uint8Array(8) } };
    assert.equal(verifierOf(config).evidence(forged), 'bad-evidence', 'and nobody can forge it');
  });

  it('of a decided round cost one write per attempt, whoever asks how often; of a settled one nothing', () => {
    const names = namesOf(8);
    const network = new CalmNetwork(names, { committeeSize: 4, checkpointRounds: 4 });
    for (const name of names) network.add(name);
    network.start();
    assert.ok(network.reach(SETTLEMENT_ROUNDS + 8), 'rounds are played');
    const peer = present(network.peers[0], 'peer');
    const machine = present(peer.machine, 'machine');
    const chainAt = (round: number): At => {
      const stored = present(peer.disk.decisions.get(round), `round ${round}`);
      return { round, attempt: 0, anchor: stored.decision.value.anchor };
    };
    const writes = (round: number, by: string): number => {
      const message = abandonOf(network.config.experiment, by, chainAt(round), null);
      const effects = machine.step({ type: 'message', message, from: by });
      return flat(effects).filter(({ type }) => type === 'store').length;
    };
    const recent = machine.position.round - 4;
    assert.equal(writes(recent, names[1] as string), 1, 'the first that asks');
    for (let i = 0; i < 10; i++) {
      for (const name of names.slice(1)) assert.equal(writes(recent, name), 0, 'the word that is there');
    }
    const settled = machine.position.round - SETTLEMENT_ROUNDS - 2;
    assert.equal(writes(settled, names[1] as string), 0, 'a settled round');
  });
});
