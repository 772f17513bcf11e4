import assert from 'node:assert/strict';
import type { AgreedState } from '../../src/estimation/agreed-state.ts';
import { HeldStates } from '../../src/learning/held-states.ts';
import { NewestOutcome, type Outcome } from '../../src/learning/newest-outcome.ts';

const context = { round: 3, seed: new Uint8Array(32) };
const worker = 'w';
const body = Uint8Array.of(1);
const stateOf = (round: number): AgreedState => ({
  parameters: new Float32Array(2),
  shared: {},
  round,
  steps: round,
});

function outcomeOf(name: string): Outcome {
  const next = { state: stateOf(4), digest: `state ${name}` };
  return { update: Uint8Array.of(7), updateDigest: `update ${name}`, next, measures: undefined };
}

describe('the newest outcome', () => {
  let states: HeldStates;
  let newest: NewestOutcome;
  let computed: string[];
  beforeEach(() => {
    states = new HeldStates(undefined);
    newest = new NewestOutcome(states);
    computed = [];
  });

  const aggregate = (name: string, { base = 'base', bodyDigest = 'body' } = {}) =>
    newest.of(base, context, [{ worker, body, ...(bodyDigest !== '' && { bodyDigest }) }], () => {
      computed.push(name);
      return outcomeOf(name);
    });

  it('is computed once for equal states, rounds and bodies', () => {
    assert.equal(aggregate('first'), aggregate('second'));
    assert.deepEqual(computed, ['first']);
    assert.equal(states.holders('state first'), 1, 'its state is held for who applies it');
  });

  it('is computed anew for another state, another body and one without a name', () => {
    aggregate('first');
    aggregate('other state', { base: 'other' });
    aggregate('other body', { base: 'other', bodyDigest: 'other' });
    aggregate('nameless', { bodyDigest: '' });
    aggregate('nameless again', { bodyDigest: '' });
    assert.deepEqual(computed, ['first', 'other state', 'other body', 'nameless', 'nameless again']);
    for (const gone of ['first', 'other state', 'other body', 'nameless'])
      assert.equal(states.holders(`state ${gone}`), 0, `${gone} is let go`);
  });

  it('gives the state after its own update only, from its own base and in its own round', () => {
    aggregate('first');
    for (const elsewhere of [
      { ...context, round: 4 },
      { ...context, seed: new Uint8Array(32).fill(1) },
    ])
      assert.equal(
        newest.after('base', elsewhere, () => 'update first'),
        undefined,
      );
    assert.equal(newest.after('base', context, () => 'update first')?.digest, 'state first');
    assert.equal(
      newest.after('base', context, () => 'another update'),
      undefined,
    );
    assert.equal(
      newest.after('other', context, () => 'update first'),
      undefined,
    );
  });

  it('stays for those that come later while somebody stands in its state, and goes with the last of them', () => {
    const { next } = aggregate('first');
    states.hold(next.digest, next.state);
    newest.forgetUnlessHeld();
    assert.equal(newest.after('base', context, () => 'update first')?.state, next.state);
    states.letGo(next.digest);
    newest.forgetUnlessHeld();
    assert.equal(states.holders(next.digest), 0);
    assert.equal(
      newest.after('base', context, () => 'update first'),
      undefined,
    );
  });
});
