import assert from 'node:assert/strict';
import fc from 'fast-check';
import { hashOf } from '../../src/crypto/hash.ts';
import { PeerKey } from '../../src/crypto/peer-key.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { parseOperatorAddress, type AddressUse } from '../../src/network/operator-address.ts';

const SELF = new PeerKey(hashOf('test', 1)).id;
const OTHER = new PeerKey(hashOf('test', 2)).id;
const RSA = 'QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N';
const TCP = '/ip4/192.0.2.1/tcp/4001';

const read = (use: AddressUse, text: string) => parseOperatorAddress(text, `--${use}`, use, SELF).toString();

describe('addresses of the operator', () => {
  it('are taken where they can serve', () => {
    for (const [use, text] of [
      ['listen', '/ip4/0.0.0.0/tcp/0'],
      ['listen', '/ip6/::/tcp/4001'],
      ['listen', `/ip4/127.0.0.1/tcp/4001/p2p/${SELF}`],
      ['announce', '/ip4/127.0.0.1/tcp/4001'],
      ['announce', '/dns4/peer.example.org/tcp/4001'],
      ['announce', `${TCP}/p2p/${SELF}`],
      ['announce', `${TCP}/p2p/${OTHER}/p2p-circuit`],
      ['announce', `${TCP}/p2p/${OTHER}/p2p-circuit/p2p/${SELF}`],
      ['bootstrap', `${TCP}/p2p/${OTHER}`],
      ['bootstrap', `/ip6/2001:db8::1/tcp/1/p2p/${SELF}`],
      ['bootstrap', TCP],
      ['bootstrap', `/dnsaddr/peers.example.org/p2p/${OTHER}`],
      ['bootstrap', '/dnsaddr/peers.example.org'],
    ] as const) {
      assert.equal(read(use, text), text);
    }
  });

  const ALL = ['listen', 'announce', 'bootstrap'] as const;
  const CALLED = ['announce', 'bootstrap'] as const;
  const REFUSED: readonly (readonly [uses: readonly AddressUse[], text: string, rule: RegExp])[] = [
    [ALL, '', /be a multiaddr such as/],
    [ALL, '127.0.0.1:4001', /be a multiaddr such as/],
    [ALL, 'localhost', /be a multiaddr such as/],
    [ALL, `/ip4/192.0.2.1/tcp/4001/${'x'.repeat(300)}`, /be a multiaddr such as/],
    [ALL, '/ip4/300.1.1.1/tcp/1', /hold an IPv4 address after \/ip4/],
    [ALL, '/ip4/localhost/tcp/1', /hold an IPv4 address after \/ip4/],
    [ALL, '/ip6/127.0.0.1/tcp/1', /hold an IPv6 address after \/ip6/],
    [ALL, '/ip4/127.0.0.1', /name a TCP port, as in \/ip4\/127\.0\.0\.1\/tcp\/4001/],
    [ALL, '/ip4/127.0.0.1/tcp', /name a port from 0 to 65535/],
    [ALL, '/ip4/127.0.0.1/tcp/70000', /name a port from 0 to 65535/],
    [ALL, '/ip4/127.0.0.1/tcp/http', /TCP address.*: only TCP is spoken, not HTTP/],
    [ALL, '/ip4/127.0.0.1/udp/4001/quic-v1', /be a TCP address, .*: only TCP is spoken, not QUIC/],
    [ALL, '/ip4/127.0.0.1/tcp/4001/ws', /: only TCP is spoken, not WebSocket/],
    [ALL, '/dns4/a.example/tcp/443/wss', /: only TCP is spoken, not WebSocket/],
    [ALL, `/p2p/${OTHER}`, /say where the peer is/],
    [ALL, '/ip4/127.0.0.1/tcp/4001/foo', /\/foo means nothing here/],
    [ALL, '/ip4/127.0.0.1/tcp/4001/p2p', /name a peer id after \/p2p/],
    [CALLED, '/ip4/127.0.0.1/tcp/0', /port 0 is only for --listen/],
    [CALLED, '/ip4/0.0.0.0/tcp/4001', /0\.0\.0\.0 stands for any machine/],
    [CALLED, '/ip6/::/tcp/4001', /:: stands for any machine/],
    [CALLED, '/ip6/0:0:0:0:0:0:0:0/tcp/4001', /stands for any machine/],
    [CALLED, '/ip6/::ffff:0.0.0.0/tcp/4001', /stands for any machine/],
    [CALLED, '/ip4/255.255.255.255/tcp/4001', /stands for any machine/],
    [CALLED, '/ip4/224.0.0.1/tcp/4001', /stands for any machine/],
    [CALLED, '/ip6/ff02::1/tcp/4001', /stands for any machine/],
    [CALLED, '/ip6/fe80::1/tcp/4001', /needs a zone/],
    [['listen'], '/dns4/a.example/tcp/4001', /a name cannot be listened on/],
    [['listen', 'announce'], '/dnsaddr/a.example', /only leads to those of other peers/],
    [['listen', 'announce'], `${TCP}/p2p/${OTHER}`, /another one's id stands there/],
    [['listen'], `${TCP}/p2p/${OTHER}/p2p-circuit`, /relays are reached with --relay/],
    [CALLED, `${TCP}/p2p-circuit`, /name the relay before/],
    [ALL, `${TCP}/p2p/${SELF}/p2p/${SELF}`, /name one peer only, once/],
    [ALL, `${TCP}/p2p/${RSA}`, /it is the id of an RSA key/],
    [ALL, `${TCP}/p2p/16Uiu2HAmPcEMGRKpPoVnR1YNpLDJCGNQGGcMNs1jAeCxFLnCeDbz`, /secp256k1/],
    [ALL, `${TCP}/p2p/foo`, /does not begin with 12D3KooW/],
    [ALL, `${TCP}/p2p/${SELF}x`, /it has 53 characters in place of 52/],
    [ALL, `${TCP}/p2p/${SELF.slice(0, -1)}`, /it has 51 characters in place of 52/],
    [ALL, `${TCP}/p2p/${SELF.slice(0, 20)}0${SELF.slice(21)}`, /it holds "0" at place 21/],
    [CALLED, '/dns4//tcp/4001', /name a host after \/dns4/],
  ];
  for (const [uses, text, rule] of REFUSED) {
    it(`are refused with the rule that they break: ${text.slice(0, 60)}`, () => {
      for (const use of uses) {
        assert.throws(
          () => read(use, text),
          (error) => {
            assert.ok(error instanceof OperatorError, String(error));
            assert.match(error.message, rule, use);
            assert.match(error.message, new RegExp(`^--${use} must `));
            return true;
          },
        );
      }
    });
  }

  it('are refused for nearly every changed character of an id, and never crash', () => {
    const alphabet = '123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz0OIl';
    let [refused, tried] = [0, 0];
    for (let at = 8; at < SELF.length; at++) {
      const letter = alphabet[(at * 7) % alphabet.length] as string;
      if (letter === SELF[at]) continue;
      tried += 1;
      try {
        read('bootstrap', `${TCP}/p2p/${SELF.slice(0, at)}${letter}${SELF.slice(at + 1)}`);
      } catch (error) {
        assert.ok(error instanceof OperatorError, String(error));
        refused += 1;
      }
    }
    assert.ok(
      refused > tried / 4,
      `about half of all texts are no point of the curve: ${refused} of ${tried}`,
    );
  });

  it('survive any text', () => {
    const part = fc.oneof(
      fc.constantFrom(
        'ip4',
        'tcp',
        'p2p',
        'p2p-circuit',
        '127.0.0.1',
        '1',
        SELF,
        RSA,
        'dns4',
        '',
        'ip6',
        '::',
        'memory',
        'dnsaddr',
      ),
      fc.string({ maxLength: 9 }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 9 }), fc.constantFrom(...ALL), (parts, use) => {
        try {
          read(use, `/${parts.join('/')}`);
        } catch (error) {
          assert.ok(error instanceof OperatorError, String(error));
        }
      }),
      { numRuns: 500 },
    );
  });
});
