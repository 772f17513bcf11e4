import assert from 'node:assert/strict';
import { LinkWatch } from '../../../nodes/peer/link-watch.ts';
import { ProgressCheck } from '../../../nodes/peer/progress-check.ts';
import { SeatWatch } from '../../../nodes/peer/seat-watch.ts';
import type { Evaluation } from '../../../src/training/gradient-engine.ts';

describe('missing links', () => {
  const seats = ['self', 'peer-AAAAAA', 'peer-BBBBBB'];
  function transport(connected: readonly string[], why: Readonly<Record<string, string>> = {}) {
    const unreachable = Object.entries(why).map(([peer, reason]) => ({ peer, why: reason }));
    return { self: 'self', connected: () => connected, unreachable: () => unreachable };
  }

  it('are told once when they have been missing for half a minute, with the reason where there is one', () => {
    const links = new LinkWatch();
    const firewalled = transport(['peer-BBBBBB'], {
      'peer-AAAAAA': 'peer-AAAAAA cannot be reached at /ip4/5.5.5.1/tcp/1: no answer in time',
    });
    assert.equal(links.word(seats, firewalled, 0), undefined, 'at first');
    assert.equal(links.word(seats, firewalled, 29_999), undefined, 'not yet');
    assert.equal(
      links.word(seats, firewalled, 30_000),
      'no connection to 1 of 2 peers with a seat: ...AAAAAA (/ip4/5.5.5.1/tcp/1: no answer in time);' +
        ' what they say comes through others',
    );
    assert.equal(links.word(seats, firewalled, 90_000), undefined, 'once');
    const all = transport(['peer-AAAAAA', 'peer-BBBBBB']);
    assert.equal(links.word(seats, all, 91_000), 'connected to every peer with a seat', 'and the end of it');
    assert.equal(links.word(seats, all, 92_000), undefined, 'once');
  });

  it('are not told of a peer that came back, or lost its seat, in time', () => {
    const links = new LinkWatch();
    links.word(seats, transport([]), 0);
    assert.equal(links.word(seats, transport(['peer-AAAAAA', 'peer-BBBBBB']), 20_000), undefined);
    assert.equal(links.word(seats, transport(['peer-AAAAAA']), 31_000), undefined, 'missing anew');
    assert.equal(
      links.word(['self', 'peer-AAAAAA'], transport(['peer-AAAAAA']), 70_000),
      undefined,
      'no seat',
    );
  });
});

describe('seats', () => {
  it('are told of where they change', () => {
    const watch = new SeatWatch();
    assert.deepEqual(watch.after(['a', 'b']), { given: [], lost: [] }, 'the first look');
    assert.deepEqual(watch.after(['b', 'c']), { given: ['c'], lost: ['a'] }, 'a change');
    assert.deepEqual(watch.after(['b', 'c']), { given: [], lost: [] }, 'none');
  });
});

describe('looks at the test set', () => {
  it('come no more often than asked, and rest fifty times as long as they took', async () => {
    let nowMs = 0;
    const told: number[] = [];
    const look = async (): Promise<Evaluation> => {
      nowMs += 2_000;
      return Promise.resolve({ accuracy: 0.5, loss: 1, examples: 10, metrics: {} });
    };
    const check = new ProgressCheck(30_000, 0, look, (rounds) => told.push(rounds));
    for (let rounds = 0; nowMs < 300_000; rounds++, nowMs += 1_000) await check.moment(rounds, () => nowMs);
    assert.deepEqual(told, [30, 130, 230], 'after half a minute, then every hundred seconds');
  });

  it('never come with 0', async () => {
    const check = new ProgressCheck(
      0,
      0,
      () => Promise.reject(new Error('asked')),
      () => undefined,
    );
    await check.moment(5, () => 1e9);
  });

  it('are over, and may come again, where one failed', async () => {
    let looks = 0;
    const fail = (): Promise<never> => Promise.reject(new Error(`look ${(looks += 1)}`));
    const check = new ProgressCheck(10, 0, fail, () => undefined);
    await assert.rejects(
      check.moment(1, () => 10),
      /look 1/,
    );
    await assert.rejects(
      check.moment(1, () => 20),
      /look 2/,
    );
  });
});
