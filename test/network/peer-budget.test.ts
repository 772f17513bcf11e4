import assert from 'node:assert/strict';
import { multiaddr } from '@multiformats/multiaddr';
import { addressPrefix } from '../../src/network/address-prefix.ts';
import { PREFIX_SHARES, RESOURCES, STRANGER_SHARES } from '../../src/network/budget-table.ts';
import { MAX_ACCOUNTS, WASTED_HANDSHAKE_UNITS } from '../../src/network/limits.ts';
import { PeerBudget } from '../../src/network/peer-budget.ts';

const { stranger } = RESOURCES.judgements;

/** How many judgements the peers get, each in turn, until nobody gets one. */
function judged(budget: PeerBudget, peers: readonly string[]): number {
  let count = 0;
  for (let got = true; got;) {
    got = false;
    for (const peer of peers) {
      if (count > 100 * stranger.burst || !budget.allows(peer, 'judgements')) continue;
      budget.charge(peer, 'judgements', 1);
      count += 1;
      got = true;
    }
  }
  return count;
}

const about = (count: number, expected: number, what: string): void =>
  assert.ok(count >= expected && count < 1.5 * expected, `${what}: ${count}, expected about ${expected}`);

describe('the budget of peers', () => {
  const behind = (budget: PeerBudget, address: string, peers: readonly string[]): readonly string[] => {
    for (const peer of peers) budget.meet(peer, multiaddr(address));
    return peers;
  };
  const keys = (label: string, count: number): string[] =>
    Array.from({ length: count }, (_, i) => `${label} ${i}`);
  const made = (): PeerBudget => {
    const budget = new PeerBudget();
    budget.useSeats((peer) => peer.startsWith('seat'));
    return budget;
  };

  it('is one for a stranger, one for its address prefix and one for all strangers', () => {
    about(judged(made(), ['alone']), stranger.burst, 'one stranger');
    const prefix = made();
    const many = behind(prefix, '/ip4/192.0.2.7/tcp/1', keys('many', 50));
    about(judged(prefix, many), PREFIX_SHARES * stranger.burst, 'fifty keys at one address');
    const neighbours = behind(prefix, '/ip4/192.0.2.200/tcp/1', keys('more', 50));
    assert.ok(judged(prefix, neighbours) < stranger.burst, 'and at the next one');
    const all = made();
    const everywhere = keys('bot', 60).map(
      (peer, i) => behind(all, `/ip4/192.0.${i}.1/tcp/1`, [peer])[0] ?? '',
    );
    about(judged(all, everywhere), STRANGER_SHARES * stranger.burst, 'sixty addresses');
  });

  it('binds no seat to the others at its address', () => {
    const budget = made();
    const address = '/ip4/127.0.0.1/tcp/1';
    behind(budget, address, keys('seat', 30));
    judged(budget, behind(budget, address, keys('stranger', 30)));
    for (const seat of keys('seat', 30)) assert.ok(budget.allows(seat, 'judgements', 'mainThreadMs'), seat);
  });

  it('gives back what was of use', () => {
    const budget = made();
    for (let i = 0; i < 10 * stranger.burst; i++) {
      assert.ok(budget.allows('relay', 'judgements'), `message ${i} of an honest relay`);
      budget.charge('relay', 'judgements', 1);
      budget.giveBack('relay', 'judgements', 1);
    }
  });

  it('says how long a socket is left unread, before its peer is known and after', () => {
    const budget = made();
    const address = multiaddr('/ip4/198.51.100.1/tcp/1');
    const { burst } = RESOURCES.wireBytes.stranger;
    // far above the burst, so that the milliseconds until the next call pay nothing off
    assert.equal(budget.received(address, 2 * PREFIX_SHARES * burst), 0, 'what came first is read');
    assert.ok(budget.received(address, 1) > 0, 'then it waits');
    budget.meet('seat', address);
    assert.equal(budget.received(address, 100 * burst), 0, 'a seat does not');
  });

  it('has handshakes that come to nothing cost several, and those of seats nothing', () => {
    const budget = made();
    const address = multiaddr('/ip4/198.51.100.1/tcp/1');
    const { burst } = RESOURCES.handshakes.stranger;
    for (let i = 0; i < 10 * PREFIX_SHARES * burst; i++) {
      assert.ok(budget.mayShakeHands(address), `connection ${i} of a seat`);
      budget.shookHands(address);
    }
    let shaken = 0;
    for (; budget.mayShakeHands(address) && shaken < 10 * PREFIX_SHARES * burst; shaken++) {
      budget.wastedHandshake('198.51.100.0/24');
    }
    about(shaken, (PREFIX_SHARES * burst) / WASTED_HANDSHAKE_UNITS, 'handshakes of somebody who is refused');
    assert.ok(budget.mayShakeHands(multiaddr('/ip4/198.51.101.1/tcp/1')), 'another prefix is not touched');
  });

  it('counts what was spent and refused', () => {
    const budget = made();
    judged(budget, ['alone']);
    const line = budget
      .lines()
      .find(({ resource, standing }) => resource === 'judgements' && standing === 'stranger');
    assert.ok(line !== undefined && line.spent >= stranger.burst && line.refused > 0, JSON.stringify(line));
  });

  it('remembers a bounded number of accounts', () => {
    const budget = made();
    for (let i = 0; i < 2 * MAX_ACCOUNTS; i++) budget.charge(`stranger ${i}`, 'judgements', 1);
    assert.equal(budget.size, MAX_ACCOUNTS);
  });
});

describe('address prefixes', () => {
  it('are 24 bits of IPv4 and 56 of IPv6', () => {
    const cases: readonly (readonly [string, string | undefined])[] = [
      ['/ip4/192.0.2.7/tcp/1', '192.0.2.0/24'],
      ['/ip6/2001:db8:1:2345::1/tcp/1', '2001:0db8:0001:2300::/56'],
      ['/ip6/2001:db8:1:23ff:1:2:3:4/tcp/1', '2001:0db8:0001:2300::/56'],
      ['/ip6/::1/tcp/1', '0000:0000:0000:0000::/56'],
      ['/memory/x', undefined],
    ];
    for (const [address, prefix] of cases) assert.equal(addressPrefix(multiaddr(address)), prefix, address);
  });
});
