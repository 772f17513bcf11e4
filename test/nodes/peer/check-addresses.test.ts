import assert from 'node:assert/strict';
import { checkAddresses } from '../../../nodes/peer/check-addresses.ts';
import { hashOf } from '../../../src/crypto/hash.ts';
import { PeerKey } from '../../../src/crypto/peer-key.ts';
import { unresolvedNames } from '../../../src/network/resolve-names.ts';

const [SELF, OTHER, STRANGER] = [1, 2, 3].map((i) => new PeerKey(hashOf('test', i)).id) as [
  string,
  string,
  string,
];
const TCP = '/ip4/192.0.2.1/tcp/4001';
const genesis = { roster: [SELF, OTHER], admission: { policy: 'genesis' } } as const;
const flags = { listen: ['/ip4/0.0.0.0/tcp/0'], announce: [], bootstrap: [] };

describe('the addresses of a peer', () => {
  it('are named by their flag where they cannot serve', () => {
    assert.throws(
      () => checkAddresses({ ...flags, announce: ['/ip4/127.0.0.1/tcp/0'] }, SELF, genesis),
      /^OperatorError: --announce must /,
    );
    assert.throws(
      () => checkAddresses({ ...flags, announce: [`${TCP}/p2p/${OTHER}`] }, SELF, genesis),
      /another one's id stands there/,
    );
    assert.throws(
      () => checkAddresses({ ...flags, listen: ['/dns4/x/tcp/1'] }, SELF, genesis),
      /^OperatorError: --listen must /,
    );
  });

  it('are doubted where they name nobody, or nobody of the roster', () => {
    const { doubts, bootstrap } = checkAddresses(
      { ...flags, bootstrap: [TCP, `${TCP}/p2p/${STRANGER}`, `${TCP}/p2p/${OTHER}`] },
      SELF,
      genesis,
    );
    assert.equal(bootstrap.length, 3);
    assert.equal(doubts.length, 2);
    assert.match(doubts[0] ?? '', /names no peer: whoever answers there is taken/);
    assert.match(doubts[1] ?? '', /which is not in the roster$/);
    const open = { ...genesis, admission: { policy: 'open' } } as const;
    assert.deepEqual(
      checkAddresses({ ...flags, bootstrap: [`${TCP}/p2p/${STRANGER}`] }, SELF, open).doubts,
      [],
    );
  });

  it('are refused where an id is one slip from one of the roster', () => {
    const roster = [SELF, `${STRANGER.slice(0, -1)}${STRANGER.endsWith('a') ? 'b' : 'a'}`];
    assert.throws(
      () => checkAddresses({ ...flags, bootstrap: [`${TCP}/p2p/${STRANGER}`] }, SELF, { ...genesis, roster }),
      /is not in the roster; it is one slip from 12D3KooW/,
    );
  });

  it('have names that resolve, or are told at once', async () => {
    const { bootstrap } = checkAddresses(
      { ...flags, bootstrap: [TCP, '/dns4/nowhere.invalid/tcp/1', '/dnsaddr/nowhere.invalid'] },
      SELF,
      genesis,
    );
    assert.deepEqual(await unresolvedNames(bootstrap), [
      '/dns4/nowhere.invalid/tcp/1: the host name nowhere.invalid does not resolve',
      '/dnsaddr/nowhere.invalid: no TXT record of _dnsaddr.nowhere.invalid was found',
    ]);
  });
});
