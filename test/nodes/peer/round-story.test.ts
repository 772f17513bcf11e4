import assert from 'node:assert/strict';
import { RoundStory } from '../../../nodes/peer/round-story.ts';
import type { Effect } from '../../../src/protocol/effect.ts';

const [A, B, C] = ['peer-AAAAAA', 'peer-BBBBBB', 'peer-CCCCCC'] as const;
const PEOPLE = { cohort: [A, B, C], committee: [A, B, C], proposer: B };
const effect = (fields: object): Effect => fields as Effect;
const collect = effect({ type: 'setTimer', timer: 'collect' });
const announced = (worker: string, digest: string): Effect =>
  effect({ type: 'fetch', contribution: { worker, digest } });

function story(...effects: readonly Effect[]): RoundStory {
  const told = new RoundStory();
  for (const one of effects) told.saw(one, 0);
  return told;
}

describe('the story of a round', () => {
  it('names whose contribution is missing, and the proposer that is silent', () => {
    const told = story(collect, announced(A, 'aaaaaaaa11'));
    assert.equal(
      told.reason(PEOPLE, [], 3),
      '1 of 3 contributions are announced (3 are needed); none from ...BBBBBB, ...CCCCCC; no proposal from ...BBBBBB',
    );
    told.saw(announced(B, 'bbbbbbbb11'), 0);
    told.saw(announced(C, 'cccccccc11'), 0);
    assert.equal(
      told.reason({ ...PEOPLE, proposer: C }, [], 3),
      '3 of 3 contributions are announced (3 are needed); no proposal from ...CCCCCC',
      'everything is in',
    );
  });

  it('names the body that cannot be had, whose it is and why', () => {
    const told = story(collect, announced(A, 'aaaaaaaa11'));
    told.trouble('fetching body aaaaaaaa', 'no holder of it is left');
    told.trouble('asking somebody', 'nothing to do with a body');
    assert.match(
      told.reason(PEOPLE, [], 3),
      /; \.\.\.AAAAAA's contribution is announced but not to be had \(no holder of it is left\)$/,
    );
  });

  it('follows the round through its stages', () => {
    const told = story(collect, effect({ type: 'verify', contributions: [] }));
    assert.equal(told.reason(PEOPLE, [], 3), 'the proposed list is being fetched and aggregated');
    told.saw(effect({ type: 'publish', message: { kind: 'vote' } }), 0);
    assert.match(told.reason(PEOPLE, [], 3), /^votes of more than two thirds/);
    told.saw(effect({ type: 'report', report: { event: 'view-changed' } }), 0);
    assert.match(told.reason(PEOPLE, [], 3), /no proposal from \.\.\.BBBBBB/, 'the next proposer');
    told.saw(effect({ type: 'adopt', decision: { outcome: { updateDigest: 'dddddddd11' } } }), 0);
    told.trouble('fetching body dddddddd', 'nobody has it');
    assert.equal(
      told.reason(PEOPLE, [], 3),
      'the round is decided, and its update is not here yet (nobody has it)',
    );
    told.saw(effect({ type: 'decide' }), 0);
    assert.equal(
      told.reason(PEOPLE, [A, B], 3),
      'the committee of 3 has announced no decision (2 of them connected to this peer)',
      'the next round, of which this peer is no member',
    );
    assert.match(
      told.reason({ cohort: [], committee: [], proposer: undefined }, [], 3),
      /^decisions of the rounds that this peer missed/,
      'behind the others, it plays no round',
    );
    told.saw(effect({ type: 'restore' }), 0);
    assert.match(told.reason(PEOPLE, [], 3), /^the state of the run/);
  });

  it('goes on with the round once the state is there, as at every start', () => {
    const told = story(effect({ type: 'restore' }), collect);
    assert.match(told.reason(PEOPLE, [], 3), /^the state of the run/);
    told.saw(effect({ type: 'setTimer', timer: 'rebroadcast' }), 0);
    assert.match(told.reason(PEOPLE, [], 3), /^0 of 3 contributions are announced/);
  });

  it('tells which phase took longer than usual', () => {
    const told = new RoundStory();
    let nowMs = 0;
    const play = (collectMs: number): Readonly<Record<string, number>> => {
      told.saw(collect, nowMs);
      told.saw(effect({ type: 'verify', contributions: [] }), (nowMs += collectMs));
      told.saw(effect({ type: 'decide' }), nowMs);
      return told.unusual();
    };
    assert.deepEqual(play(4_900), {}, 'nothing is usual yet');
    assert.deepEqual(play(5_000), { collect: 5 }, 'but this is long');
    for (let i = 0; i < 5; i++) play(100);
    assert.deepEqual(play(900), {}, 'a trifle, whatever is usual');
    for (let i = 0; i < 9; i++) play(500);
    assert.deepEqual(play(1_600), { collect: 1.6 }, 'three times the median');
    for (let i = 0; i < 20; i++) play(10_000);
    assert.deepEqual(play(10_400), {}, 'usual by now');
  });
});
