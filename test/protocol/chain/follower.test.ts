import assert from 'node:assert/strict';
import { present } from '../../../src/foundation/assert.ts';
import { proposerOf } from '../../../src/committee/sampling.ts';
import type { PeerId } from '../../../src/crypto/peer-id.ts';
import type { UnverifiedDecision } from '../../../src/messages/decision.ts';
import type { Message } from '../../../src/messages/message.ts';
import { committeeOf, genesisChain, type Chain } from '../../../src/protocol/chain/chain.ts';
import type { Effect, Report } from '../../../src/protocol/effect.ts';
import type { Timer } from '../../../src/protocol/input.ts';
import { MAX_FAILED_ADOPTIONS, SETTLEMENT_ROUNDS } from '../../../src/protocol/limits.ts';
import type { Machine } from '../../../src/protocol/machine.ts';
import type { SavedState } from '../../../src/protocol/saved-state.ts';
import { contentDigest } from '../../../src/protocol/verification/statements.ts';
import { configOfSeven, flat, FRESH, machineOf, of, SEVEN } from '../bench-peers.ts';
import {
  certificateOf,
  decide,
  decideMany,
  heldOf,
  openingOf,
  voteOf,
  type DecisionOptions,
  type MadeDecision,
} from '../made-chain.ts';

const CONFIG = configOfSeven();
const GENESIS = genesisChain(CONFIG);
const made = decideMany(CONFIG, 40);
const at = (round: number): MadeDecision => present(made[round], `round ${round}`);
const decisionsOf = (rounds: readonly MadeDecision[]): UnverifiedDecision[] =>
  rounds.map(({ decision }) => decision);
/** A peer that is on no committee of the first rounds' first attempts. */
const SELF = present(
  SEVEN.find((peer) => !committeeOf(CONFIG, GENESIS, 0).includes(peer)),
  'a peer outside',
);
const TELLER = present(
  SEVEN.find((peer) => peer !== SELF),
  'another peer',
);

/** A machine, the tokens of its timers, and an application that is told what to say. */
class Peer {
  readonly machine: Machine;
  private readonly tokens = new Map<Timer, number>();

  constructor(self: PeerId = SELF, config = CONFIG) {
    this.machine = machineOf(config, self);
  }

  get round(): number {
    return this.machine.position.round;
  }

  private noted(effects: readonly Effect[]): readonly Effect[] {
    for (const { timer, token } of of(effects, 'setTimer')) this.tokens.set(timer, token);
    return effects;
  }

  /** Starts with what is on the disk; the application comes to the head's state. */
  start(saved: SavedState = FRESH): readonly Effect[] {
    const effects = this.noted(this.machine.step({ type: 'start', saved }));
    assert.deepEqual(
      of(effects, 'rewind').map(({ round }) => round),
      [this.round],
      'asks for the state of its head',
    );
    const { applicationDigest } = this.round === 0 ? GENESIS : at(this.round - 1).after;
    return this.rebuilt(this.round, applicationDigest);
  }

  rebuilt(round: number | undefined, applicationDigest: string): readonly Effect[] {
    return this.noted(this.machine.step({ type: 'rebuilt', round, applicationDigest }));
  }

  hear(message: Message, from: PeerId = TELLER): readonly Effect[] {
    return this.noted(this.machine.step({ type: 'message', message, from }));
  }

  answer(rounds: readonly MadeDecision[], head: number, peer: PeerId = TELLER): readonly Effect[] {
    return this.noted(this.machine.step({ type: 'caughtUp', peer, decisions: decisionsOf(rounds), head }));
  }

  expire(timer: Timer): readonly Effect[] {
    const token = present(this.tokens.get(timer), timer);
    return this.noted(this.machine.step({ type: 'timeout', timer, token }));
  }

  applied(round: number, applicationDigest = at(round).after.applicationDigest): readonly Effect[] {
    return this.noted(this.machine.step({ type: 'adopted', round, applicationDigest }));
  }

  /** Adopts these rounds one after the other. */
  adopt(rounds: readonly MadeDecision[]): this {
    for (const { before, decision } of rounds) {
      this.hear(decision);
      this.applied(before.round, decision.outcome.applicationDigest);
      assert.equal(this.round, before.round + 1);
    }
    return this;
  }
}

function started(saved: SavedState = FRESH): Peer {
  const peer = new Peer();
  peer.start(saved);
  return peer;
}

const verdictOf = (effects: readonly Effect[]): string | undefined => {
  const [verdict] = of(effects, 'verdict');
  return verdict?.fault ?? verdict?.verdict;
};
const reportsOf = (effects: readonly Effect[]): Report[] => of(effects, 'report').map(({ report }) => report);
const kindsOf = (effects: readonly Effect[]): string[] => flat(effects).map(({ type }) => type);

describe('adopting a decision', () => {
  const { decision, after } = at(0);

  it('is asked for by a peer outside the committee as soon as it hears it, and done when it is applied', () => {
    const peer = started();
    const effects = peer.hear(decision);
    assert.equal(verdictOf(effects), 'accept', 'it is passed on');
    const [adopt] = of(effects, 'adopt');
    assert.equal(adopt?.decision, decision);
    assert.deepEqual([adopt?.truncate, adopt?.skip, adopt?.sources[0]], [false, false, TELLER]);
    assert.equal(of(effects, 'stopTraining').length, 1, 'its own gradient comes too late');
    assert.equal(peer.round, 0, 'not before it is applied');
    const next = peer.applied(0);
    assert.deepEqual(peer.machine.position, { round: 1, anchor: after.anchor });
    assert.deepEqual(
      of(next, 'decide').map(({ decision: said }) => [said.round, said.stateDigest, said.served]),
      [[0, after.anchor, false]],
    );
    assert.deepEqual(
      of(next, 'train').map(({ context }) => context.round),
      [1],
      'the next round begins',
    );
  });

  it('takes the next decision where it waits already', () => {
    const peer = started();
    peer.answer(made.slice(0, 2), 2);
    const effects = peer.applied(0);
    assert.deepEqual(
      of(effects, 'adopt').map(({ context }) => context.round),
      [1],
    );
    assert.deepEqual(of(effects, 'train'), [], 'without playing the round');
  });

  it('answers for no other round than the one that is adopted, and for none where none is', () => {
    const peer = started();
    assert.deepEqual(peer.applied(0), [], 'nothing was asked for');
    peer.hear(decision);
    assert.deepEqual(peer.applied(1), [], 'another round');
    assert.equal(peer.round, 0);
  });

  const second = (options: Partial<DecisionOptions> = {}) => {
    const opening = openingOf(CONFIG, GENESIS, 0, SEVEN.slice(0, 5));
    return decide(CONFIG, GENESIS, { attempt: 1, opening, ...options }).decision;
  };
  const { value, outcome, certificate } = decision;
  const { opening: _opening, ...unopened } = second();
  const holders = new Map(SEVEN.slice(0, 1).map((peer) => [peer, heldOf(at(0))]));
  const forcing = openingOf(CONFIG, GENESIS, 0, SEVEN.slice(0, 5), holders);
  const refusals: readonly (readonly [string, UnverifiedDecision, string])[] = [
    ['a certificate of two of four', decide(CONFIG, GENESIS, { signers: 2 }).decision, 'bad-certificate'],
    [
      'a certificate of prevotes',
      {
        ...decision,
        certificate: certificateOf(CONFIG, GENESIS, at(0).value, 3, {
          phase: 'prevote',
          attempt: 0,
          view: 0,
        }),
      },
      'bad-certificate',
    ],
    [
      'a signature that is not its member’s',
      { ...decision, certificate: { ...certificate, signers: Uint8Array.of(0b1110) } },
      'bad-certificate',
    ],
    [
      'an outcome that nobody voted for',
      { ...decision, outcome: { ...outcome, applicationDigest: 'ee'.repeat(32) } },
      'bad-certificate',
    ],
    ['an update that is not the certified one', { ...decision, body: new Uint8Array(4) }, 'bad-digest'],
    [
      'a value that its author has not signed',
      { ...decision, value: { ...value, signature: new Uint8Array(8) } },
      'bad-signature',
    ],
    [
      'a seed that its author did not draw',
      { ...decision, value: { ...value, beaconProof: new Uint8Array(32) } },
      'bad-beacon-proof',
    ],
    ['a second attempt that nothing opens', unopened, 'bad-opening'],
    [
      'a second attempt that too few have opened',
      second({ opening: openingOf(CONFIG, GENESIS, 0, SEVEN.slice(0, 4)) }),
      'bad-opening',
    ],
    ['a first attempt with an opening', { ...decision, opening: forcing }, 'bad-opening'],
    ['another value than the one that the opening forces', second({ opening: forcing }), 'bad-value'],
    [
      'a value of an abandoned attempt that the opening does not force',
      second({ forced: at(0) }),
      'bad-value',
    ],
  ];
  for (const [what, bad, fault] of refusals) {
    it(`refuses ${what}`, () => {
      const peer = started();
      const before = peer.machine.position;
      const effects = peer.hear(bad);
      assert.equal(verdictOf(effects), fault);
      assert.deepEqual(kindsOf(effects), ['verdict'], 'nothing else happens');
      assert.deepEqual(peer.machine.position, before);
      assert.equal(verdictOf(peer.hear(decision)), 'accept', 'and the true one is adopted');
    });
  }

  it('takes the value that an opening forces, decided again in the attempt that it opens', () => {
    const again = second({ opening: forcing, forced: at(0) });
    const peer = started();
    assert.equal(verdictOf(peer.hear(again)), 'accept');
    peer.applied(0);
    assert.equal(peer.machine.position.anchor, after.anchor, 'the same state');
  });

  it('refuses one of another history without a verdict on who brought it', () => {
    const peer = started();
    const elsewhere = decide(CONFIG, { ...GENESIS, anchor: '77'.repeat(32) });
    const effects = peer.hear(elsewhere.decision);
    assert.deepEqual(
      of(effects, 'verdict').map(({ verdict, fault }) => [verdict, fault]),
      [['ignore', 'other-anchor']],
    );
    assert.deepEqual(of(effects, 'adopt'), []);
  });

  it('keeps one of a later round for later, and asks for what is between', () => {
    const peer = started();
    const effects = peer.hear(at(2).decision);
    assert.equal(verdictOf(effects), 'too-early');
    assert.deepEqual(
      of(effects, 'catchUp').map(({ peer: asked, fromRound }) => [asked, fromRound]),
      [[TELLER, 0]],
    );
  });

  it('hears of the round no more while it adopts it', () => {
    const peer = started();
    peer.hear(decision);
    assert.equal(verdictOf(peer.hear(decide(CONFIG, GENESIS, { name: 'other' }).decision)), 'stale');
  });

  it('waits with one of an attempt that an opening voids', () => {
    const peer = started();
    const opening = openingOf(CONFIG, GENESIS, 0, SEVEN.slice(0, 5));
    peer.hear({ kind: 'opening', opening });
    assert.equal(peer.machine.roundMembers.attempt, 1);
    assert.equal(verdictOf(peer.hear(decision)), 'stale');
    const effects = peer.hear(second());
    assert.equal(verdictOf(effects), 'accept', 'the attempt that it opens decides');
    assert.equal(of(effects, 'adopt').length, 1);
  });

  it('waits with one of an attempt that it abandoned holding none, and says that it holds it in the next', () => {
    const peer = started();
    peer.expire('attempt');
    assert.equal(verdictOf(peer.hear(decision)), 'stale', 'bound');
    assert.deepEqual(peer.machine.sizes()['ahead'], 1, 'it is kept');
    const rounds = decideMany(CONFIG, 2, after, { workers: SEVEN });
    const effects = peer.answer([at(0), ...rounds], 3);
    assert.equal(
      of(effects, 'adopt').length,
      1,
      'rounds on top of it show that more than two thirds hold it',
    );
  });
});

describe('an adoption that fails', () => {
  it('is tried again by the catch-up timer, from whoever told', () => {
    const peer = started();
    peer.hear(at(0).decision);
    peer.machine.step({ type: 'adoptFailed', round: 1 });
    assert.equal(verdictOf(peer.hear(at(0).decision)), 'stale', 'of another round: it goes on');
    peer.machine.step({ type: 'adoptFailed', round: 0 });
    assert.equal(peer.round, 0);
    assert.equal(of(peer.expire('catchUp'), 'adopt').length, 1);
  });

  it(`leads to a checkpoint after ${MAX_FAILED_ADOPTIONS} times, where a run of settled rounds is shown`, () => {
    const peer = started();
    peer.hear(at(0).decision);
    for (let times = 1; times <= MAX_FAILED_ADOPTIONS; times++) {
      peer.machine.step({ type: 'adoptFailed', round: 0 });
      const effects = peer.expire('catchUp');
      assert.equal(of(effects, 'adopt').length, times < MAX_FAILED_ADOPTIONS ? 1 : 0, `after ${times}`);
    }
    const most = SETTLEMENT_ROUNDS + 1;
    const few = peer.answer(made.slice(0, most - 1), most - 1);
    assert.deepEqual(reportsOf(few), [], 'not for a shorter run');
    const tried = of(few, 'adopt');
    assert.equal(tried.length, 1, 'what came is tried');
    peer.machine.step({ type: 'adoptFailed', round: 0 });
    const effects = peer.answer(made.slice(0, most + 1), most + 1);
    assert.deepEqual(reportsOf(effects), [{ event: 'resyncing', round: 0, why: 'update-dropped' }]);
    assert.equal(of(effects, 'storeDecision').length, most + 1, 'decisions are checked and stored');
    assert.equal(of(effects, 'restore').length, 1, 'and a checkpoint asked for');
  });

  it('is no state at all: another digest than the certified one is thrown away', () => {
    const peer = started();
    peer.hear(at(0).decision);
    const effects = peer.applied(0, 'ee'.repeat(32));
    assert.deepEqual(reportsOf(effects), [
      {
        event: 'diverged',
        round: 0,
        expected: at(0).after.applicationDigest,
        actual: 'ee'.repeat(32),
      },
    ]);
    assert.deepEqual([of(effects, 'decide'), of(effects, 'train')], [[], []], 'nothing is said of the round');
    assert.deepEqual(
      of(effects, 'rewind').map(({ round }) => round),
      [1],
      'the state is made again from what is stored',
    );
    const next = peer.rebuilt(1, at(0).after.applicationDigest);
    assert.equal(of(next, 'train').length, 1, 'and the next round played on it');
  });
});

describe('recovering a state', () => {
  const saved = (rounds: number, from: Chain = GENESIS): SavedState => ({
    ...FRESH,
    chain: from,
    decisions: decisionsOf(made.slice(from.round, rounds)),
  });

  it('begins where the stored decisions end', () => {
    const peer = new Peer();
    const effects = peer.start(saved(6));
    assert.deepEqual(peer.machine.position, { round: 6, anchor: at(5).after.anchor });
    assert.equal(of(effects, 'train').length, 1);
  });

  it('begins at a checkpoint, and knows nothing below it', () => {
    const peer = new Peer();
    peer.start(saved(6, at(3).after));
    assert.equal(peer.round, 6);
    assert.equal(peer.machine.sizes()['timeline'], 2);
  });

  it('stops before a stored decision that does not hold', () => {
    const peer = new Peer();
    const damaged = { ...at(2).decision, outcome: { ...at(2).decision.outcome, updateByteLength: 5 } };
    const decisions = [...decisionsOf(made.slice(0, 2)), damaged, ...decisionsOf(made.slice(3, 6))];
    peer.start({ ...FRESH, decisions });
    assert.equal(peer.round, 2);
  });

  it('goes back to as far as the application could be brought, and adopts again what is stored', () => {
    const peer = new Peer();
    peer.machine.step({ type: 'start', saved: saved(6) });
    const effects = peer.rebuilt(4, at(3).after.applicationDigest);
    assert.equal(peer.round, 4);
    const [adopt] = of(effects, 'adopt');
    assert.equal(adopt?.decision, at(4).decision);
    assert.equal(adopt?.truncate, false, 'the same value: what is stored above it stays');
    assert.deepEqual(
      of(peer.applied(4), 'adopt').map(({ context }) => context.round),
      [5],
    );
  });

  for (const [what, round, digest] of [
    ['nothing could be brought anywhere', undefined, GENESIS.applicationDigest],
    ['another state than the certified one', 6, 'ee'.repeat(32)],
    ['a round that it does not know', 30, at(29).after.applicationDigest],
  ] as const) {
    it(`asks others for a checkpoint: ${what}`, () => {
      const peer = new Peer();
      peer.machine.step({ type: 'start', saved: saved(6) });
      const effects = peer.rebuilt(round, digest);
      assert.deepEqual(reportsOf(effects), [{ event: 'resyncing', round: 6, why: 'own-state' }]);
      assert.deepEqual(of(effects, 'train'), [], 'it plays nothing on a state that is not certified');
      assert.equal(verdictOf(peer.hear(at(6).decision)), 'accept', 'it goes on checking');
      assert.equal(peer.round, 7);
      assert.deepEqual(
        of(peer.answer([], 7), 'restore').map(({ candidates }) => candidates.map((chain) => chain.round)),
        [[4]],
        'and asks for the newest checkpoint that there can be, once it is where the others are',
      );
    });
  }

  it('plays on where a checkpoint leads to, and applies the rounds after it', () => {
    const peer = new Peer();
    peer.machine.step({ type: 'start', saved: saved(2) });
    peer.rebuilt(undefined, GENESIS.applicationDigest);
    const effects = peer.answer(made.slice(2, 6), 6);
    assert.deepEqual(
      of(effects, 'restore').map(({ candidates }) => candidates.map(({ round }) => round)),
      [[4]],
    );
    assert.equal(peer.round, 6, 'the head is where the others are');
    const next = peer.rebuilt(4, at(3).after.applicationDigest);
    assert.equal(peer.round, 4, 'the state is that of the checkpoint');
    assert.deepEqual(
      of(next, 'adopt').map(({ context, truncate }) => [context.round, truncate]),
      [[4, false]],
    );
  });

  it('takes a checkpoint again after a restart where it stopped while it followed', () => {
    const far = 2 * CONFIG.checkpointRounds;
    const near = new Peer();
    near.machine.step({ type: 'start', saved: saved(far) });
    near.rebuilt(0, GENESIS.applicationDigest);
    assert.equal(near.round, 0, 'what is near is played again, update by update');
    const peer = new Peer();
    peer.machine.step({ type: 'start', saved: saved(far + 1) });
    const effects = peer.rebuilt(0, GENESIS.applicationDigest);
    assert.deepEqual(reportsOf(effects), [{ event: 'resyncing', round: 0, why: 'far-behind' }]);
    assert.deepEqual(of(effects, 'adopt'), [], 'no round is applied');
    assert.equal(peer.round, far + 1, 'the certificates are not checked again');
    const every = CONFIG.checkpointRounds;
    assert.deepEqual(
      of(peer.answer([], far + 1), 'restore').map(({ candidates }) => candidates.map(({ round }) => round)),
      [[far, far - every]],
      'the newest that others may have',
    );
    const next = peer.rebuilt(far, at(far - 1).after.applicationDigest);
    assert.deepEqual(
      of(next, 'adopt').map(({ context }) => context.round),
      [far],
      'and it goes on from there',
    );
  });

  it('is not answered where nothing was asked for', () => {
    const peer = started();
    assert.deepEqual(peer.rebuilt(undefined, 'ee'.repeat(32)), []);
  });
});

describe('catching up', () => {
  it('follows without the model where it is far behind a verified run', () => {
    const peer = started();
    const far = 2 * CONFIG.checkpointRounds;
    const near = peer.answer(made.slice(0, far), far);
    assert.deepEqual(reportsOf(near), [], 'not for so few');
    const other = started();
    const effects = other.answer(made.slice(0, far + 1), far + 1);
    assert.deepEqual(reportsOf(effects), [{ event: 'resyncing', round: 0, why: 'far-behind' }]);
    assert.equal(other.round, far + 1);
    assert.equal(of(effects, 'storeDecision').length, far + 1);
  });

  it('takes no state while the updates that it lacks are fewer bytes', () => {
    const { checkpointRounds, maxUpdateBytes } = CONFIG;
    const far = 2 * checkpointRounds + 1;
    const peer = new Peer(SELF, { ...CONFIG, stateBytes: far * maxUpdateBytes });
    peer.start();
    const effects = peer.answer(made.slice(0, far), far);
    assert.deepEqual(reportsOf(effects), [], 'it stays in its round');
    assert.deepEqual(
      of(effects, 'adopt').map(({ context }) => context.round),
      [0],
      'and applies one after the other',
    );
  });

  it('believes no head that is claimed without decisions that hold', () => {
    const peer = started();
    const effects = peer.answer(made.slice(0, 3), 900);
    assert.deepEqual(reportsOf(effects), []);
    assert.deepEqual(
      of(effects, 'adopt').map(({ context }) => context.round),
      [0],
      'it takes what holds',
    );
  });

  it('asks the same peer again while it has more', () => {
    const peer = started();
    peer.answer(made.slice(0, 1), 3);
    const effects = peer.applied(0);
    assert.deepEqual(
      of(effects, 'catchUp').map(({ peer: asked, fromRound }) => [asked, fromRound]),
      [[TELLER, 1]],
    );
  });

  for (const [what, decision] of [
    ['whose certificate is too small', decide(CONFIG, GENESIS, { signers: 2 }).decision],
    ['with an outcome that nobody voted for', { ...at(0).decision, outcome: at(1).decision.outcome }],
    ['of a later round than was asked for', at(1).decision],
  ] as const) {
    it(`blames whoever answers with a decision ${what}`, () => {
      const peer = started();
      const effects = peer.machine.step({
        type: 'caughtUp',
        peer: TELLER,
        decisions: [decision],
        head: 9,
      });
      assert.deepEqual(
        of(effects, 'blame').map(({ peer: blamed }) => blamed),
        [TELLER],
      );
      assert.deepEqual([peer.round, of(effects, 'adopt').length], [0, 0]);
    });
  }

  it('asks next from as far back as one may step, where another history is shown', () => {
    const peer = started().adopt(made.slice(0, 20));
    const elsewhere = decideMany(CONFIG, 3, decide(CONFIG, at(18).after, { name: 'other' }).after);
    const effects = peer.answer(elsewhere, 23);
    assert.deepEqual(of(effects, 'blame'), [], 'that is no lie');
    const [asked] = of(peer.expire('catchUp'), 'catchUp');
    assert.equal(asked?.fromRound, 20 - SETTLEMENT_ROUNDS);
  });
});

describe('stepping back', () => {
  const HEAD = 6;
  const ROUND = 3;
  const peerAt = (): Peer => started().adopt(made.slice(0, HEAD));
  const { before } = at(ROUND);
  const openedBy = (peers: readonly PeerId[], holders?: ReadonlyMap<PeerId, ReturnType<typeof heldOf>>) =>
    openingOf(CONFIG, before, 0, peers, holders);

  it('plays a round again whose decision an opening voids, and takes nothing of its attempt', () => {
    const peer = started().adopt(made.slice(0, ROUND + 1));
    const effects = peer.hear({ kind: 'opening', opening: openedBy(SEVEN.slice(0, 5)) });
    assert.equal(verdictOf(effects), 'accept');
    assert.deepEqual(reportsOf(effects), [{ event: 'stepped-back', fromRound: ROUND + 1, toRound: ROUND }]);
    assert.deepEqual(
      of(effects, 'rewind').map(({ round }) => round),
      [ROUND],
    );
    const next = peer.rebuilt(ROUND, before.applicationDigest);
    assert.deepEqual([peer.round, peer.machine.roundMembers.attempt], [ROUND, 1]);
    assert.deepEqual(of(next, 'adopt'), [], 'the void decision stays void');
    assert.equal(verdictOf(peer.hear(at(ROUND).decision)), 'stale');
  });

  it('comes back to a void decision where the rounds on top of it show that more than two thirds hold it', () => {
    const peer = peerAt();
    peer.hear({ kind: 'opening', opening: openedBy(SEVEN.slice(0, 5)) });
    const next = peer.rebuilt(ROUND, before.applicationDigest);
    assert.deepEqual(of(next, 'adopt'), [], 'not by itself: the round is played');
    assert.equal(of(peer.hear(at(ROUND).decision), 'adopt').length, 1, 'where it hears of it again');
  });

  it('takes the decision of the attempt that was opened, and drops what stood on the other', () => {
    const peer = peerAt();
    const opening = openedBy(SEVEN.slice(0, 5));
    const other = decide(CONFIG, before, { attempt: 1, opening, name: 'other' });
    const effects = peer.hear(other.decision);
    assert.deepEqual(reportsOf(effects), [{ event: 'stepped-back', fromRound: HEAD, toRound: ROUND }]);
    const next = peer.rebuilt(ROUND, before.applicationDigest);
    const [adopt] = of(next, 'adopt');
    assert.deepEqual([adopt?.decision, adopt?.truncate], [other.decision, true]);
    peer.applied(ROUND, other.after.applicationDigest);
    assert.deepEqual(peer.machine.position, { round: ROUND + 1, anchor: other.after.anchor });
    assert.equal(peer.machine.sizes()['stored'], 0, 'nothing of the other history is left');
  });

  it('takes back what still fits, from its own disk, where the same value is decided again', () => {
    const peer = peerAt();
    const holders = new Map(SEVEN.slice(0, 1).map((name) => [name, heldOf(at(ROUND))]));
    const opening = openedBy(SEVEN.slice(0, 5), holders);
    peer.hear({ kind: 'opening', opening, held: at(ROUND).decision });
    peer.rebuilt(ROUND, before.applicationDigest);
    const again = decide(CONFIG, before, { attempt: 1, opening, forced: at(ROUND) });
    const [adopt] = of(peer.hear(again.decision), 'adopt');
    assert.deepEqual([adopt?.decision, adopt?.truncate], [again.decision, false]);
    for (let round = ROUND; round < HEAD; round++) {
      const next = peer.applied(round);
      const [following] = of(next, 'adopt');
      assert.equal(
        following?.decision,
        round + 1 < HEAD ? at(round + 1).decision : undefined,
        `${round + 1}`,
      );
    }
    assert.equal(peer.machine.position.anchor, at(HEAD - 1).after.anchor, 'the head that it had');
  });

  it('refuses an opening that does not hold, or that voids nothing here', () => {
    const peer = peerAt();
    const holders = new Map(SEVEN.slice(0, 1).map((name) => [name, heldOf(at(ROUND))]));
    const forged = openedBy(SEVEN.slice(0, 5));
    const [first, ...others] = forged.statements;
    const unsigned = { ...present(first, 'a statement'), signature: new Uint8Array(8) };
    const cases = [
      ['four of seven', openedBy(SEVEN.slice(0, 4)), 'bad-opening'],
      ['one of them has not signed', { ...forged, statements: [unsigned, ...others] }, 'bad-opening'],
      ['a held decision that is not shown', openedBy(SEVEN.slice(0, 5), holders), 'bad-opening'],
      ['another state', { ...forged, anchor: '77'.repeat(32) }, 'other-anchor'],
    ] as const;
    for (const [what, opening, fault] of cases) {
      const effects = peer.hear({ kind: 'opening', opening });
      assert.deepEqual([verdictOf(effects), kindsOf(effects)], [fault, ['verdict']], what);
    }
    assert.equal(peer.round, HEAD);
  });

  it('refuses an opening of an attempt before the one that decided', () => {
    const opening = openedBy(SEVEN.slice(0, 5));
    const second = decide(CONFIG, before, { attempt: 1, opening });
    const rest = decideMany(CONFIG, 2, second.after);
    const peer = started().adopt([...made.slice(0, ROUND), second, ...rest]);
    const effects = peer.hear({ kind: 'opening', opening });
    assert.deepEqual([verdictOf(effects), kindsOf(effects)], ['stale', ['verdict']]);
    assert.equal(verdictOf(peer.hear(at(ROUND).decision)), 'stale', 'and the decision of that attempt');
    assert.equal(peer.round, ROUND + 3);
  });

  it('says that there is a fork where two values are certified for one attempt, and stays', () => {
    const peer = peerAt();
    const effects = peer.hear(decide(CONFIG, before, { name: 'other' }).decision);
    assert.deepEqual(reportsOf(effects), [{ event: 'fork', round: ROUND }]);
    assert.deepEqual([verdictOf(effects), peer.round], ['stale', HEAD]);
    assert.equal(verdictOf(peer.hear(at(ROUND).decision)), 'duplicate', 'its own one is no news');
  });

  it(`goes back ${SETTLEMENT_ROUNDS} rounds, and no further`, () => {
    const opened = (round: number) => ({
      kind: 'opening' as const,
      opening: openingOf(CONFIG, at(round).before, 0, SEVEN.slice(0, 5)),
    });
    const decided = (round: number) => {
      const { opening } = opened(round);
      return decide(CONFIG, at(round).before, { attempt: 1, opening, name: 'other' }).decision;
    };
    const head = SETTLEMENT_ROUNDS + 4;
    const peer = started().adopt(made.slice(0, head));
    const settled = head - SETTLEMENT_ROUNDS - 1;
    assert.equal(verdictOf(peer.hear(opened(settled))), 'stale', 'an opening');
    assert.equal(verdictOf(peer.hear(decided(settled))), 'stale', 'a decision');
    assert.equal(peer.round, head);
    assert.equal(verdictOf(peer.hear(opened(settled + 1))), 'accept');
    assert.equal(peer.round, settled + 1);
  });

  it('does not step back without the model: nothing is played there', () => {
    const peer = started();
    peer.answer(made.slice(0, 12), 13);
    assert.equal(peer.round, 12);
    const opening = openingOf(CONFIG, at(10).before, 0, SEVEN.slice(0, 5));
    assert.equal(verdictOf(peer.hear({ kind: 'opening', opening })), 'stale');
    assert.equal(peer.round, 12);
  });

  it('takes the last answer where the application was on its way to another state', () => {
    const peer = new Peer();
    peer.machine.step({ type: 'start', saved: { ...FRESH, decisions: decisionsOf(made.slice(0, HEAD)) } });
    peer.hear({ kind: 'opening', opening: openedBy(SEVEN.slice(0, 5)) });
    const first = peer.rebuilt(HEAD, at(HEAD - 1).after.applicationDigest);
    assert.deepEqual(first, [], 'that is the state that it wanted before');
    const next = peer.rebuilt(ROUND, before.applicationDigest);
    assert.deepEqual([peer.round, peer.machine.roundMembers.attempt], [ROUND, 1]);
    assert.deepEqual(
      of(next, 'train').map(({ context }) => context.round),
      [ROUND],
    );
  });

  it('takes the last answer where a checkpoint was on its way', () => {
    const peer = started();
    const effects = peer.answer(made.slice(0, 12), 12);
    assert.equal(of(effects, 'restore').length, 1);
    const opening = openingOf(CONFIG, at(10).before, 0, SEVEN.slice(0, 5));
    peer.hear({ kind: 'opening', opening });
    assert.deepEqual(peer.rebuilt(8, at(7).after.applicationDigest), [], 'the checkpoint');
    const next = peer.rebuilt(10, at(9).after.applicationDigest);
    assert.deepEqual([peer.round, of(next, 'train').length], [10, 1], 'and what followed it');
  });
});

describe('a lock of an attempt that was opened', () => {
  const opening = openingOf(CONFIG, GENESIS, 0, SEVEN.slice(0, 5));
  const committee = committeeOf(CONFIG, GENESIS, 1);
  const at1 = (view: number, phase: 'prevote' | 'precommit') => ({ phase, attempt: 1, view }) as const;
  const [first, self] = [proposerOf(committee, 0), proposerOf(committee, 1)];
  const outcome = at(0).decision.outcome;

  /** A member of the second attempt, and what it stored when it locked. */
  function locked() {
    const peer = new Peer(self);
    peer.start();
    peer.hear({ kind: 'opening', opening });
    const author = new Peer(first);
    author.start();
    const proposed = [...author.hear({ kind: 'opening', opening }), ...author.expire('collect')];
    const [proposal] = of(proposed, 'publish').flatMap(({ message }) =>
      message.kind === 'proposal' ? [message] : [],
    );
    assert.ok(proposal !== undefined, 'a proposal of the second attempt');
    peer.expire('collect');
    peer.hear(proposal);
    const value = contentDigest(proposal.value);
    const voted = peer.machine.step({ type: 'verified', anchor: GENESIS.anchor, value, outcome });
    const [vote] = of(voted, 'publish').flatMap(({ message }) => (message.kind === 'vote' ? [message] : []));
    const digest = present(vote?.value ?? undefined, 'a prevote for the value');
    const effects = committee
      .slice(0, 5)
      .flatMap((voter) => peer.hear(voteOf(CONFIG, GENESIS, voter, at1(0, 'prevote'), digest)));
    const memory = present(of(effects, 'store').at(-1)?.memory, 'a stored memory');
    return { memory, proposal, digest };
  }

  it('keeps the opening that allows its value, on the disk with it', () => {
    const { memory, proposal, digest } = locked();
    assert.equal(memory.locked?.digest, digest);
    assert.deepEqual(memory.locked?.opened, { opening: proposal.opening });
    assert.deepEqual(memory.valid?.opened, { opening: proposal.opening });
  });

  it('is proposed again after a restart, with its opening and its quorum of prevotes', () => {
    const { memory, proposal, digest } = locked();
    const peer = new Peer(self);
    peer.start({ ...FRESH, memories: [memory] });
    assert.equal(peer.machine.roundMembers.attempt, 1, 'the attempt that it is locked in');
    for (const voter of committee.slice(0, 5)) {
      peer.hear(voteOf(CONFIG, GENESIS, voter, at1(0, 'precommit'), null));
    }
    const effects = peer.expire('precommit');
    const [again] = of(effects, 'publish').flatMap(({ message }) =>
      message.kind === 'proposal' ? [message] : [],
    );
    assert.deepEqual([again?.view, again?.polka?.value], [1, digest]);
    assert.deepEqual(again?.value, proposal.value);
    assert.deepEqual(again?.opening, proposal.opening);
  });

  it('is forgotten with a memory that lost it: the peer would play the attempt that was given up', () => {
    const { memory } = locked();
    const { locked: _locked, valid: _valid, ...lost } = memory;
    const peer = new Peer(self);
    peer.start({ ...FRESH, memories: [lost] });
    assert.equal(peer.machine.roundMembers.attempt, 0);
    assert.deepEqual(of(peer.expire('rebroadcast'), 'store'), [], 'in which it signs nothing');
  });
});
