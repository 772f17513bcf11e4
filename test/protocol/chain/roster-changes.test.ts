import assert from 'node:assert/strict';
import {
  MAX_EVIDENCE_PER_VALUE,
  MAX_JOINS_PER_VALUE,
  MAX_LEAVES_PER_VALUE,
} from '../../../src/messages/limits.ts';
import type { RosterChange } from '../../../src/messages/roster-change.ts';
import { genesisChain } from '../../../src/protocol/chain/chain.ts';
import { CHANGE_LIFETIME_ROUNDS, MAX_PENDING_PER_KIND } from '../../../src/protocol/limits.ts';
import { PendingChanges } from '../../../src/protocol/chain/pending-changes.ts';
import { genesisRoster, nextRoster } from '../../../src/protocol/chain/roster.ts';
import { admissible, areAdmissible, isEffective } from '../../../src/protocol/chain/roster-changes.ts';
import { configOf } from '../bench-peers.ts';

const signature = new Uint8Array(1);
const join = (peer: string, round = 0): RosterChange => ({ kind: 'join', peer, round, signature });
const leave = (peer: string, round = 0): RosterChange => ({ kind: 'leave', peer, round, signature });
const evidence = (peer: string): RosterChange => ({ kind: 'evidence', peer }) as unknown as RosterChange;
const named = (prefix: string, count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${prefix}${String(i).padStart(3, '0')}`);

describe('roster changes', () => {
  const config = configOf({ committeeSize: 3, maxPeers: 7, changeDelayRounds: 3 });
  const roster = genesisRoster(['a', 'b', 'c', 'd', 'e']);
  const after = (changes: readonly RosterChange[]) => nextRoster(config, roster, 0, [], new Set(), changes);

  it('lets a wish live for so many rounds, and not from the future', () => {
    const at = (round: number, signed: number) => isEffective(config, roster, round, join('f', signed));
    assert.equal(at(10, 10), true, 'now');
    assert.equal(at(10, 11), false, 'of a later round');
    assert.equal(at(CHANGE_LIFETIME_ROUNDS + 1, 1), true, 'the last round');
    assert.equal(at(CHANGE_LIFETIME_ROUNDS + 2, 1), false, 'a replay');
  });

  it('refuses what has no effect', () => {
    assert.equal(isEffective(config, roster, 0, join('a')), false, 'a seat that is taken');
    assert.equal(isEffective(config, roster, 0, leave('z')), false, 'a seat that nobody has');
    assert.equal(isEffective(config, roster, 0, evidence('z')), false, 'nobody to exclude');
    const full = after([join('f'), join('g')]);
    assert.equal(isEffective(config, full, 0, join('h')), false, 'no seat is left');
  });

  it('convicts who has left and is still drawn, and lets no convict back', () => {
    const left = after([leave('a')]);
    assert.equal(
      isEffective(config, left, 1, evidence('a')),
      true,
      'it may still serve, so it can be convicted',
    );
    assert.equal(isEffective(config, left, 1, join('a', 1)), true, 'who left may come back');
    const convicted = after([evidence('c')]);
    assert.equal(isEffective(config, convicted, 1, join('c', 1)), false, 'for good');
    assert.equal(isEffective(config, convicted, 1, evidence('c')), false, 'once');
  });

  it('gives the seats of convicts to others', () => {
    const full = after([join('f'), join('g')]);
    const thinned = nextRoster(config, full, 1, [], new Set(), [evidence('a'), evidence('b')]);
    assert.equal(admissible(config, thinned, 2, [join('h', 2), join('i', 2), join('j', 2)]).length, 2);
  });

  it('leaves somebody with a seat, and somebody who serves', () => {
    const two = genesisRoster(['a', 'b']);
    assert.equal(admissible(config, two, 0, [leave('a'), leave('b')]).length, 1, 'leaves');
    assert.equal(admissible(config, two, 0, [evidence('a'), evidence('b')]).length, 1, 'convictions');
    assert.equal(admissible(config, two, 0, [evidence('a'), leave('b')]).length, 1, 'one of each');
  });

  it('has one order for the changes of a value, and one change per peer', () => {
    const good = [evidence('b'), leave('a'), leave('c'), join('f')];
    assert.equal(areAdmissible(config, roster, 0, good), true, 'evidence, leaves, joins, by peer');
    for (const bad of [
      [leave('a'), evidence('b')],
      [join('f'), leave('a')],
      [leave('c'), leave('a')],
      [leave('a'), leave('a')],
      [evidence('a'), leave('a')],
    ]) {
      assert.equal(
        areAdmissible(config, roster, 0, bad),
        false,
        bad.map(({ kind, peer }) => kind + peer).join(),
      );
    }
  });

  it('has room for each kind, whatever there is of the others', () => {
    const names = named('p', 200);
    const open = configOf({ maxPeers: 10_000, genesis: { ...config.genesis, peers: names } });
    const chain = genesisChain(open);
    const pending = new PendingChanges(open);
    for (const peer of named('new', 2 * MAX_PENDING_PER_KIND)) pending.add(join(peer));
    assert.equal(pending.size, MAX_PENDING_PER_KIND, 'joins have their bound');
    for (const peer of names.slice(0, 50)) assert.ok(pending.add(evidence(peer)), 'evidence finds room');
    for (const peer of names.slice(50, 100)) assert.ok(pending.add(leave(peer)), 'so does a leave');
    const selected = pending.select(chain);
    const count = (kind: RosterChange['kind']) => selected.filter((change) => change.kind === kind).length;
    assert.deepEqual(
      [count('evidence'), count('leave'), count('join')],
      [MAX_EVIDENCE_PER_VALUE, MAX_LEAVES_PER_VALUE, MAX_JOINS_PER_VALUE],
      'each kind has its share of a value',
    );
    assert.ok(areAdmissible(open, chain.roster, 0, selected), 'what is selected may stand');
    const more = [...selected, join('zzz')];
    assert.equal(areAdmissible(open, chain.roster, 0, more), false, 'and one more join may not');
  });

  it('does not always serve first who picked a small id', () => {
    const open = configOf({ maxPeers: 10_000 });
    const pending = new PendingChanges(open);
    for (const peer of named('new', MAX_PENDING_PER_KIND)) pending.add(join(peer));
    const chain = genesisChain(open);
    const first = pending.select(chain).map(({ peer }) => peer);
    const other = pending.select({ ...chain, anchor: 'ff'.repeat(32) }).map(({ peer }) => peer);
    assert.notDeepEqual(first, other, 'another state, another turn');
  });
});
