/**
 * Peers of one process that stand in the same states, compute an outcome once and reuse memory, played at random against
 * states that are plain numbers: whatever somebody stands in, may step back to, or reads holds what it held.
 */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import { skipRound, type AgreedState } from '../../src/estimation/agreed-state.ts';
import type { RoundContext } from '../../src/crypto/beacon.ts';
import { SpareVectors } from '../../src/foundation/spare-vectors.ts';
import { HeldStates } from '../../src/learning/held-states.ts';
import { NewestOutcome } from '../../src/learning/newest-outcome.ts';
import { TrainingApplication } from '../../src/learning/training-application.ts';
import type { Contribution } from '../../src/round/contribution-rows.ts';

/** The least that serves again. */
const D = 65_536;
const PEERS = 3;
const MOST_READERS = 2;

/** A state as two numbers, each of which fills a vector: the parameters and those before them. */
interface Plain {
  readonly round: number;
  readonly parameters: number;
  readonly previous: number;
}

const START: Plain = { round: 0, parameters: 1, previous: 1 };

function stepped({ round, parameters }: Plain, { seed }: RoundContext, salt: number): Plain {
  const next = (parameters * 31 + (seed[0] as number) * 7 + round * 3 + salt) % 65_521;
  return { round: round + 1, parameters: next, previous: parameters };
}

function assertHolds({ round, parameters, shared }: AgreedState, plain: Plain, who: string): void {
  const holds = (vector: unknown, value: number): boolean =>
    vector instanceof Float32Array && vector[0] === value && vector[D - 1] === value;
  assert.equal(round, plain.round, `${who}: the round`);
  assert.ok(holds(parameters, plain.parameters), `${who}: the parameters`);
  assert.ok(holds(shared['previous'], plain.previous), `${who}: those before them`);
}

/** A receiver whose update is one byte, and whose states take their memory from the spare vectors. */
function receiverOver(spare: SpareVectors, made: Set<Float32Array>) {
  const filled = (value: number): Float32Array => {
    const vector = spare.take(D);
    made.add(vector);
    return vector.fill(value);
  };
  const step = (agreed: AgreedState, context: RoundContext, salt: number): AgreedState => {
    const before = { round: agreed.round, parameters: agreed.parameters[0] as number, previous: 0 };
    return {
      ...{ round: agreed.round + 1, steps: agreed.steps + 1 },
      parameters: filled(stepped(before, context, salt).parameters),
      shared: { previous: agreed.parameters },
    };
  };
  return {
    ...{ maxContributionBytes: 1, maxUpdateBytes: 1 },
    aggregate: (agreed: AgreedState, context: RoundContext, [first]: readonly Contribution[]) => {
      if (first === undefined) return { update: new Uint8Array(0), next: skipRound(agreed) };
      const salt = first.body[0] as number;
      return { update: Uint8Array.of(salt), next: step(agreed, context, salt) };
    },
    apply: (agreed: AgreedState, context: RoundContext, [salt]: Uint8Array) =>
      salt === undefined ? skipRound(agreed) : step(agreed, context, salt),
  };
}

class Run {
  private readonly spare = new SpareVectors();
  private readonly made = new Set<Float32Array>();
  private readonly peers: {
    readonly application: TrainingApplication;
    at: Plain;
    before?: Plain | undefined;
  }[];
  private readonly readers: { readonly state: AgreedState; readonly at: Plain; end(): void }[] = [];

  constructor() {
    const states = new HeldStates(this.spare);
    const outcome = new NewestOutcome(states);
    const first = new Float32Array(D).fill(START.parameters);
    const estimator = {
      initialState: (parameters: Float32Array) => ({
        ...{ round: 0, steps: 0, parameters },
        shared: { previous: parameters },
      }),
    } as never;
    const receiver = receiverOver(this.spare, this.made) as never;
    this.peers = Array.from({ length: PEERS }, () => ({
      application: new TrainingApplication({
        estimator,
        receiver,
        initialParameters: first,
        states,
        outcome,
      }),
      at: START,
    }));
  }

  async take({ who, what, salt, seed, named }: Step): Promise<void> {
    const peer = this.peers[who] as (typeof this.peers)[number];
    const { application, at } = peer;
    const context = { round: at.round, seed: new Uint8Array(32).fill(seed) };
    const name = named ? { bodyDigest: `body ${salt}` } : {};
    const list = salt === 0 ? [] : [{ worker: 'w', body: Uint8Array.of(salt), ...name }];
    switch (what) {
      case 'aggregate':
        await application.aggregate(context, list);
        break;
      case 'apply':
        await application.apply(context, Uint8Array.from(salt === 0 ? [] : [salt]));
        peer.before = at;
        peer.at = salt === 0 ? { ...at, round: at.round + 1 } : stepped(at, context, salt);
        break;
      case 'step back':
        if (peer.before === undefined) break;
        await application.stepBack();
        peer.at = peer.before;
        peer.before = undefined;
        break;
      case 'read':
        if (this.readers.length < MOST_READERS)
          void application.reading(
            (state) => new Promise<void>((end) => void this.readers.push({ state, at, end })),
          );
        break;
      case 'have read':
        this.readers.shift()?.end();
        break;
      case 'restore':
        await application.restore(await application.checkpoint());
        peer.before = undefined;
        break;
    }
    // a reader lets go in a later turn
    await new Promise(setImmediate);
  }

  check(): void {
    for (const [i, { application, at }] of this.peers.entries())
      assertHolds(application.state, at, `peer ${i}`);
    for (const { state, at } of this.readers) assertHolds(state, at, 'a reader');
  }

  /** Once all stand in one state and nobody reads, the memory of all others is spare. */
  async end(): Promise<void> {
    for (const reader of this.readers.splice(0)) reader.end();
    await new Promise(setImmediate);
    const [first] = this.peers;
    const last = await (first as (typeof this.peers)[number]).application.checkpoint();
    for (const { application } of this.peers) await application.restore(last);
    let spare = 0;
    while (this.made.has(this.spare.take(D))) spare += 1;
    assert.ok(this.made.size - spare <= 2, `${this.made.size} vectors were made, ${spare} are spare`);
  }
}

const step = fc.record({
  who: fc.nat({ max: PEERS - 1 }),
  what: fc.oneof(
    { weight: 6, arbitrary: fc.constant('aggregate' as const) },
    { weight: 6, arbitrary: fc.constant('apply' as const) },
    { weight: 2, arbitrary: fc.constant('read' as const) },
    { weight: 3, arbitrary: fc.constantFrom('step back', 'have read', 'restore') },
  ),
  /** 0: nobody contributed. */
  salt: fc.nat({ max: 2 }),
  seed: fc.nat({ max: 1 }),
  named: fc.boolean(),
});
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

describe('states that several hold', () => {
  it('are nobody’s to overwrite while one of them may read them, and are given back', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 40, maxLength: 60 }), async (steps) => {
        const run = new Run();
        for (const one of steps) {
          await run.take(one);
          run.check();
        }
        await run.end();
      }),
      { numRuns: 15 },
    );
  }).timeout(60_000);
});
