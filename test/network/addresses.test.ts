import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  isEd25519,
  isPublicIPv4,
  isPublicIPv6,
  parseLearnedAddress,
  withPeer,
} from '../../src/network/addresses.ts';

const PEER = '12D3KooWQYhTNQdmr3ArTeUHRYzFg94BKyTkoWBDWez9kSCVe2Xo';
const RSA_PEER = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N';

describe('addresses', () => {
  it('are public or not as the registry of special-purpose addresses says', () => {
    for (const text of ['1.1.1.1', '8.8.8.8', '100.63.255.255', '172.32.0.1', '192.1.2.3', '223.255.255.255'])
      assert.ok(isPublicIPv4(text), `${text} is public`);
    for (const text of [
      '0.0.0.0',
      '10.1.2.3',
      '100.64.0.1',
      '127.0.0.1',
      '169.254.169.254',
      '172.16.0.1',
      '192.168.1.1',
    ])
      assert.ok(!isPublicIPv4(text), `${text} is not public`);
    for (const text of [
      '192.0.2.7',
      '198.18.0.1',
      '198.51.100.1',
      '203.0.113.9',
      '224.0.0.1',
      '255.255.255.255',
      'x',
    ])
      assert.ok(!isPublicIPv4(text), `${text} is not public`);
    for (const text of ['2606:4700::1111', '2a00:1450:4001::1', '3fff:ffff::1'])
      assert.ok(isPublicIPv6(text), `${text} is public`);
    for (const text of [
      '::1',
      '::',
      'fe80::1',
      'fc00::1',
      'ff02::1',
      '2001:db8::1',
      '2002:a00:1::1',
      '2001::1',
      '::ffff:10.0.0.1',
    ])
      assert.ok(!isPublicIPv6(text), `${text} is not public`);
  });

  it('are taken from strangers only where they are dialable and end in an Ed25519 peer id', () => {
    const learned = (text: string, allowPrivate = false): boolean =>
      parseLearnedAddress(text, allowPrivate) !== undefined;
    for (const text of [`/ip4/1.2.3.4/tcp/4001/p2p/${PEER}`, `/dns4/peer.example.org/tcp/4001/p2p/${PEER}`])
      assert.ok(learned(text), text);
    assert.equal(
      parseLearnedAddress(`/ip4/1.2.3.4/tcp/1/p2p/${PEER}/p2p-circuit/p2p/${PEER}`, false)?.peer,
      PEER,
      'relayed',
    );
    for (const text of [
      '',
      'nonsense',
      '/ip4/1.2.3.4/tcp/4001',
      `/ip4/1.2.3.4/tcp/4001/p2p/${RSA_PEER}`,
      `/ip4/1.2.3.4/udp/4001/p2p/${PEER}`,
      `/ip4/1.2.3.4/tcp/0/p2p/${PEER}`,
      `/ip4/10.0.0.1/tcp/4001/p2p/${PEER}`,
      `/ip6/::1/tcp/4001/p2p/${PEER}`,
      `/memory/x/p2p/${PEER}`,
      `/p2p/${PEER}`,
      `/dns4/${'a'.repeat(300)}/tcp/4001/p2p/${PEER}`,
    ])
      assert.ok(!learned(text), text);
    for (const text of [
      `/ip4/10.0.0.1/tcp/4001/p2p/${PEER}`,
      `/ip6/::1/tcp/4001/p2p/${PEER}`,
      `/memory/x/p2p/${PEER}`,
    ])
      assert.ok(learned(text, true), `${text} in a local network`);
    assert.ok(!learned(`/ip4/0.0.0.0/tcp/4001/p2p/${PEER}`, true), 'no address at all');
  });

  it('survive any text', () => {
    fc.assert(
      fc.property(fc.string({ maxLength: 300 }), fc.boolean(), (text, allowPrivate) => {
        const parsed = parseLearnedAddress(text, allowPrivate);
        assert.ok(parsed === undefined || isEd25519(parsed.peer), text);
      }),
      { numRuns: 500 },
    );
  });

  it('end in a peer id once', () => {
    const full = withPeer('/ip4/1.2.3.4/tcp/1', PEER);
    assert.equal(full, `/ip4/1.2.3.4/tcp/1/p2p/${PEER}`);
    assert.equal(withPeer(full, PEER), full, 'not twice');
    assert.ok(isEd25519(PEER) && !isEd25519(RSA_PEER) && !isEd25519(`${PEER}x`), 'ids by their form');
  });
});
