import assert from 'node:assert/strict';
import type { ExperimentSize } from '../../src/config/experiment-size.ts';
import type { PeerKey } from '../../src/crypto/peer-key.ts';
import type { SimulateSettings } from '../../src/run/simulate-settings.ts';
import { wireOf, wireText } from '../../src/run/simulated-hosts.ts';

function wire(hosts: number, contributionBytes: number, transport: SimulateSettings['transport'] = 'auto') {
  const keys = Array<PeerKey>(hosts).fill({} as PeerKey);
  return wireOf({ keys, transport } as unknown as SimulateSettings, { contributionBytes } as ExperimentSize);
}

describe('the hosts of a simulation', () => {
  it('speak over sockets while they are few and have little to carry, else in memory', () => {
    assert.equal(wire(8, 26_000), 'tcp');
    assert.equal(wire(9, 26_000), 'memory');
    assert.equal(wire(3, 10_000_000), 'memory');
  });

  it('speak as they are told to', () => {
    assert.equal(wire(200, 10_000_000, 'tcp'), 'tcp');
    assert.equal(wire(2, 100, 'memory'), 'memory');
  });

  it('say which it is', () => {
    assert.match(wireText('tcp'), /TCP on loopback/);
    assert.match(wireText('memory'), /--transport tcp/);
  });
});
