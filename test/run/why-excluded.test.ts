import assert from 'node:assert/strict';
import { describePeerHistory, findPeerHistory } from '../../src/run/why-excluded.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import type { Evidence } from '../../src/messages/evidence.ts';
import { leaveBytes } from '../../src/protocol/verification/statements.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import type { Store } from '../../src/storage/store.ts';
import {
  CONFIG,
  doubleVote,
  keyOf,
  makeHistory,
  storeHistory,
  type RoundOptions,
} from '../support/certified-history.ts';

const PEERS = CONFIG.genesis.peers;
const [CULPRIT, LEAVER, OTHER] = [PEERS[2], PEERS[4], PEERS[5]] as [string, string, string];

describe('why', () => {
  let store: Store;
  const stored = async (optionsAt: Parameters<typeof makeHistory>[1]) => {
    store = await openMemoryStore({ experiment: CONFIG.experiment });
    await storeHistory(store, await makeHistory(4, optionsAt));
  };
  const find = (peer: string) => findPeerHistory(store, CONFIG, peer);
  const at = (round: number, options: (anchor: Parameters<typeof doubleVote>[1]) => RoundOptions) =>
    stored((chain) => (chain.round === round ? options(chain) : {}));

  it('shows the two statements that excluded a peer, and checks them', async () => {
    await at(1, (chain) => ({ changes: [doubleVote(CULPRIT, chain)] }));
    const history = await find(CULPRIT);
    assert.equal(history.standing, 'excluded');
    assert.equal(history.rounds, 4, 'rounds looked at');
    const [departure, ...others] = history.departures;
    assert.ok(departure?.reason === 'evidence' && departure.valid && departure.round === 1, 'in round 1');
    assert.deepEqual(others, [], 'nothing else');
    const text = describePeerHistory(history);
    assert.match(text, /is excluded for good/, 'standing');
    assert.match(
      text,
      /Round 1 excluded it: it signed two different precommits in round 1, attempt 0, view 1/,
    );
    assert.match(text, /only its key can have made them/, 'verdict');
    assert.equal(text.match(/signature [0-9a-f]{128}/g)?.length, 2, 'both signatures');
  });

  it('does not believe statements that the peer did not sign', async () => {
    await at(1, (chain) => {
      const evidence = doubleVote(CULPRIT, chain);
      const forged: Evidence = { ...evidence, first: { ...evidence.first, signature: new Uint8Array(64) } };
      return { changes: [forged] };
    });
    const history = await find(CULPRIT);
    const [departure] = history.departures;
    assert.ok(departure?.reason === 'evidence' && !departure.valid, 'not valid');
    assert.match(describePeerHistory(history), /DO NOT convict/, 'and says so');
  });

  it('tells leaving from exclusion', async () => {
    const signature = keyOf(LEAVER).sign(leaveBytes(CONFIG.experiment, LEAVER, 0));
    await at(2, () => ({ changes: [{ kind: 'leave', peer: LEAVER, round: 0, signature }] }));
    const history = await find(LEAVER);
    assert.equal(history.standing, 'without-seat');
    assert.deepEqual(history.departures, [{ reason: 'left', round: 2 }]);
    assert.match(describePeerHistory(history), /Round 2 took its seat: it asked to leave/);
  });

  it('knows those who are fine, and strangers', async () => {
    await stored(() => ({}));
    assert.match(describePeerHistory(await find(OTHER)), /has a seat, .*\nNothing is recorded against it/);
    const stranger = '12D3KooWPv9EMBeAtmdwkB196KScijh3dwgMiyRdWjE4Hbg8EweV';
    assert.match(describePeerHistory(await find(stranger)), /never had a seat/);
    await assert.rejects(
      find('nobody'),
      (error) => error instanceof OperatorError && /^PEER must be a peer id/.test(error.message),
      'no id',
    );
  });
});
