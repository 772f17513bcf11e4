import assert from 'node:assert/strict';
import { canOpenNext, quorumPatienceMs } from '../../../src/protocol/agreement/missing-quorum.ts';
import { committeeOf, genesisChain } from '../../../src/protocol/chain/chain.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import { configOfSeven, machineOf, of, outboxOf, SEVEN, started } from '../bench-peers.ts';

const CONFIG = configOfSeven();
const CHAIN = genesisChain(CONFIG);
const COMMITTEE = committeeOf(CONFIG, CHAIN, 0);
const REST = SEVEN.filter((peer) => !COMMITTEE.includes(peer));

/** A member's view of its committee, where some are likely gone and its collection took so long. */
function seen(gone: readonly string[], tookMs: number): Parameters<typeof quorumPatienceMs>[0] {
  return {
    outbox: outboxOf(CONFIG, COMMITTEE[0] as string),
    chain: CHAIN,
    committee: COMMITTEE,
    isFirst: false,
    collection: { tookMs },
    presence: { isSuspect: (_roster: unknown, _round: number, peer: string) => gone.includes(peer) },
  } as never;
}

describe('a committee in which a quorum is missing', () => {
  it('is waited for while its votes may be on their way or be repeated', () => {
    const { prevoteMs, precommitMs, growthMs, rebroadcastMs } = CONFIG.timing;
    const all = seen([], 30);
    assert.equal(quorumPatienceMs(all, 'prevote', 0), prevoteMs + rebroadcastMs + 30, 'as long a collection');
    assert.equal(quorumPatienceMs(all, 'precommit', 2), precommitMs + 2 * growthMs + rebroadcastMs);
    const late = seen([], 90);
    assert.equal(
      quorumPatienceMs(late, 'prevote', 0),
      prevoteMs + rebroadcastMs + 10,
      'nobody may collect for longer than collectMs',
    );
    assert.equal(
      quorumPatienceMs({ ...all, isFirst: true }, 'prevote', 0),
      4 * (prevoteMs + rebroadcastMs + 30),
      'others may be starting as well',
    );
    const one = seen(COMMITTEE.slice(3), 30);
    assert.ok(quorumPatienceMs(one, 'prevote', 0) > 0, 'three of four are a quorum');
  });

  it('is not waited for where too many are likely gone, unless the next attempt would lack them too', () => {
    const two = COMMITTEE.slice(2);
    assert.equal(quorumPatienceMs(seen(two, 30), 'prevote', 0), 0, 'two of four, five of seven');
    const three = [...two, REST[0] as string];
    assert.equal(canOpenNext(seen(three, 30)), false, 'four of seven open nothing');
    assert.ok(quorumPatienceMs(seen(three, 30), 'prevote', 0) > 0, 'so the committee is all there is');
  });

  it('is given up by a member whose vote nobody joins', () => {
    const machine = machineOf(CONFIG, COMMITTEE[0] as string);
    const tokens = new Map<string, number>();
    const note = (effects: readonly Effect[]): readonly Effect[] => {
      for (const { timer, token } of of(effects, 'setTimer')) tokens.set(timer, token);
      return effects;
    };
    const expire = (timer: 'phase' | 'quorum' | 'collect'): readonly Effect[] =>
      note(machine.step({ type: 'timeout', timer, token: tokens.get(timer) ?? -1 }));
    const kinds = (effects: readonly Effect[]): string[] =>
      of(effects, 'publish').map(({ message }) => message.kind);
    note(started(machine));
    expire('collect');
    assert.ok(!kinds(expire('quorum')).includes('abandon'), 'before it has voted it waits for a proposal');
    expire('phase');
    assert.deepEqual(kinds(expire('quorum')), ['abandon'], 'its vote stayed alone');
  });
});
