import assert from 'node:assert/strict';
import { PROTOCOL_VERSION } from '../../src/messages/protocol-version.ts';
import { agentOf } from '../../src/network/agent-string.ts';
import { identifyPeer } from '../../src/network/peer-identity.ts';
import type { NetworkLogEntry } from '../../src/network/transport-options.ts';
import type { Transport } from '../../src/network/transport.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm } from '../support/network.ts';

const OURS = { experiment: 'test', protocolVersion: 3 };
const peerId = { toString: () => 'someone' } as Parameters<typeof identifyPeer>[0]['peerId'];
const identify = (agentVersion: string | undefined, protocols: string[]) =>
  identifyPeer(
    { peerId, protocols, listenAddrs: [], ...(agentVersion === undefined ? {} : { agentVersion }) },
    OURS,
  );
const MEMBER = ['/synod/test/peers/1'];

describe('what identify tells of a peer', () => {
  it('is a member where experiment and version are ours, or the version is not told', () => {
    assert.equal(identify(agentOf(3), MEMBER).kind, 'member');
    assert.equal(identify(undefined, MEMBER).kind, 'member');
    assert.equal(identify('js-libp2p/2.10.0', MEMBER).kind, 'member');
  });

  it('is the version before the experiment, whose id holds it', () => {
    assert.deepEqual(identify(agentOf(4), ['/synod/elsewhere/peers/1']), {
      kind: 'stranger',
      why:
        "the peer there speaks version 4 of Synod's protocol, this one version 3: " +
        'peers of one run need releases of one version, so update Synod here',
    });
    const older = identify(agentOf(2), MEMBER);
    assert.match(
      older.kind === 'stranger' ? older.why : '',
      /version 2 .* version 3: .* update Synod there$/,
    );
  });

  it('is the experiment where the version is ours', () => {
    const other = identify(agentOf(3), ['/synod/elsewhere/peers/1']);
    assert.match(other.kind === 'stranger' ? other.why : '', /another experiment, elsewhere; ours is test$/);
  });
});

describe('two hosts that cannot run together', () => {
  const peers = swarm();
  afterEach(() => peers.stop());

  /** Two that dial each other for as long as the test runs, and what each of them logs. */
  async function meet(
    experiment: string,
    protocolVersion: number,
  ): Promise<[Transport, Transport, string[][]]> {
    const logs: NetworkLogEntry[][] = [[], []];
    const a = await peers.start('a', { log: (entry) => logs[0]?.push(entry) });
    const other = { experiment, protocolVersion, log: (entry: NetworkLogEntry) => logs[1]?.push(entry) };
    const b = await peers.start('b', { ...other, bootstrap: [firstAddress(a)] });
    a.keepConnected([firstAddress(b)]);
    const said = () =>
      logs.map((entries) =>
        entries.flatMap(({ message }) => (message.includes('is let go') ? [message] : [])),
      );
    await eventually('both say it', () => said().every((lines) => lines.length > 0));
    let times = 0;
    a.onPeerChange((_peer, state) => (times += state === 'connected' ? 1 : 0));
    await eventually('they met again', () => times > 0);
    await eventually('and neither keeps the other', () =>
      [a, b].every((one) => one.connected().length === 0),
    );
    return [a, b, said()];
  }

  it('for their versions say so once at each side, and blame nobody', async () => {
    const [a, b, said] = await meet('elsewhere', PROTOCOL_VERSION + 1);
    assert.equal(said[0]?.length, 1, String(said[0]));
    assert.equal(said[1]?.length, 1, String(said[1]));
    const [ours, theirs] = [PROTOCOL_VERSION, PROTOCOL_VERSION + 1];
    assert.match(
      said[0]?.[0] ?? '',
      new RegExp(`^${b.self} .* version ${theirs} of .* version ${ours}: .* Synod here$`),
    );
    assert.match(
      said[1]?.[0] ?? '',
      new RegExp(`^${a.self} .* version ${ours} of .* version ${theirs}: .* Synod there$`),
    );
    assert.deepEqual([...a.cutOff(), ...b.cutOff()], []);
    assert.match(b.diagnose().join(' '), /version/, 'the operator who waits is told as well');
  });

  it('for their experiments say so once at each side, and blame nobody', async () => {
    const [a, b, said] = await meet('elsewhere', PROTOCOL_VERSION);
    assert.deepEqual(
      said.map((lines) => lines.length),
      [1, 1],
      String(said),
    );
    assert.match(said[0]?.[0] ?? '', /another experiment, elsewhere; ours is test$/);
    assert.match(said[1]?.[0] ?? '', /another experiment, test; ours is elsewhere$/);
    assert.deepEqual([...a.cutOff(), ...b.cutOff()], []);
  });
});
