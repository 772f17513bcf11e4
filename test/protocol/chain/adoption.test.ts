import assert from 'node:assert/strict';
import { present } from '../../../src/foundation/assert.ts';
import type { PeerId } from '../../../src/crypto/peer-id.ts';
import { Abandonment } from '../../../src/protocol/agreement/abandonment.ts';
import { adoptEffect, mayAdopt } from '../../../src/protocol/chain/adoption.ts';
import { committeeOf, genesisChain } from '../../../src/protocol/chain/chain.ts';
import { Memories } from '../../../src/protocol/chain/memories.ts';
import type { ProtocolConfig } from '../../../src/protocol/config.ts';
import type { RoundState } from '../../../src/protocol/round/round-state.ts';
import { SETTLEMENT_ROUNDS } from '../../../src/protocol/limits.ts';
import { namesOf } from '../../../simulations/calm-network.ts';
import { configOf, configOfSeven, outboxOf, SEVEN as NAMES } from '../bench-peers.ts';
import { abandonOf, decide, decideMany, heldOf, openingOf, type MadeDecision } from '../made-chain.ts';

const SEVEN = configOfSeven();

/** A peer that stands before a decided round, and what it would do with the decision. */
class Standing {
  readonly made: MadeDecision;
  readonly memories: Memories;
  private readonly later = new Map<number, MadeDecision>();
  private readonly config: ProtocolConfig;
  private readonly outbox;
  private readonly abandonment: Abandonment;

  constructor(config = SEVEN) {
    this.config = config;
    this.outbox = outboxOf(config, present(config.genesis.peers[0], 'a peer'));
    this.memories = new Memories(this.outbox);
    this.made = decide(config, genesisChain(config));
    this.abandonment = new Abandonment(this.made.before, this.outbox.verifier.rules);
    this.abandonment.knows(this.made.decision);
  }

  /** It gave an attempt up and held nothing. */
  bind(attempt = 0): this {
    this.memories.journal(this.made.before).abandon(attempt, null);
    return this;
  }

  /** It has seen an opening of the attempt after this one. */
  open(attempt = 0): this {
    this.memories.open({ opening: openingOf(this.config, this.made.before, attempt, NAMES.slice(0, 5)) });
    return this;
  }

  /** These peers say that they hold the decision. */
  hold(peers: readonly PeerId[]): this {
    for (const peer of peers) {
      const said = this.outbox.verifier.abandon(
        abandonOf(this.config, this.made.before, peer, 0, heldOf(this.made)),
      );
      assert.ok(said.ok);
      this.abandonment.add(said.value);
    }
    return this;
  }

  /** Certified rounds on top of the decision. */
  on(rounds: readonly MadeDecision[]): this {
    for (const made of rounds) this.later.set(made.before.round, made);
    return this;
  }

  may(knownBefore = false): boolean {
    const { outbox, memories, made, abandonment, later } = this;
    return mayAdopt(
      {
        outbox,
        head: made.before,
        memories,
        roundState: { abandonment } as unknown as RoundState,
        knownBefore,
        later: (round) => later.get(round)?.decision,
      },
      made.decision,
    );
  }
}

describe('whether a decision may be adopted', () => {
  it('it may where nothing was said of its attempt', () => {
    assert.equal(new Standing().may(), true);
  });

  it('not where an opening voids its attempt, whoever holds it and whatever was adopted before', () => {
    const voided = new Standing().open();
    assert.equal(voided.may(), false, 'void');
    assert.equal(voided.may(true), false, 'also where it was adopted here before');
    assert.equal(voided.hold(NAMES).may(), false, 'also where all hold it');
  });

  it('an opening of an earlier attempt voids nothing of a later one', () => {
    const { before } = new Standing().made;
    const opening = openingOf(SEVEN, before, 0, NAMES.slice(0, 5));
    const second = decide(SEVEN, before, { attempt: 1, opening });
    const outbox = outboxOf(SEVEN, NAMES[0]);
    const memories = new Memories(outbox);
    memories.open({ opening });
    const state = { outbox, head: before, memories, roundState: undefined, knownBefore: false };
    assert.equal(mayAdopt({ ...state, later: () => undefined }, second.decision), true);
  });

  it('not by a peer that abandoned the attempt holding none, until more than two thirds hold it', () => {
    assert.equal(new Standing().bind().may(), false, 'bound');
    assert.equal(new Standing().bind().hold(NAMES.slice(1, 5)).may(), false, 'four of seven hold it');
    assert.equal(new Standing().bind().hold(NAMES.slice(1, 6)).may(), true, 'five of seven');
  });

  it('by a bound peer that had adopted it before it was bound', () => {
    assert.equal(new Standing().bind().may(true), true);
  });

  it('where more than two thirds contributed to rounds on top of it, or certified them', () => {
    const { after } = new Standing().made;
    const members = committeeOf(SEVEN, after, 0).slice(0, 3);
    const others = NAMES.filter((name) => !members.includes(name));
    const on = (workers: readonly PeerId[]): boolean =>
      new Standing()
        .bind()
        .on([decide(SEVEN, after, { workers })])
        .may();
    assert.equal(on(others.slice(0, 1)), false, 'three signers and one worker of seven');
    assert.equal(on(members), false, 'who does both counts once');
    assert.equal(on(others.slice(0, 2)), true, 'three signers and two workers');
    const confirmed = new Standing().open().on([decide(SEVEN, after, { workers: others.slice(0, 2) })]);
    assert.equal(confirmed.may(), true, 'void or not: they hold it');
  });

  it('counts no round that does not hold, and none beyond a gap', () => {
    const { after } = new Standing().made;
    const workers = NAMES;
    const [first, second] = decideMany(SEVEN, 2, after, { workers }) as [MadeDecision, MadeDecision];
    assert.equal(new Standing().bind().on([first]).may(), true, 'as they are');
    assert.equal(new Standing().bind().on([second]).may(), false, 'a gap');
    const short = decide(SEVEN, after, { workers, signers: 2 });
    assert.equal(new Standing().bind().on([short, second]).may(), false, 'two of four signed the first');
    const elsewhere = decide(SEVEN, decide(SEVEN, genesisChain(SEVEN), { name: 'other' }).after, { workers });
    assert.equal(new Standing().bind().on([elsewhere]).may(), false, 'on another state');
  });

  it('where so many rounds stand on top of it that nobody steps back behind it', () => {
    const peers = namesOf(100);
    const hundred = configOf({
      genesis: { peers, seed: new Uint8Array(32), applicationDigest: 'aa'.repeat(32) },
      committeeSize: 4,
      cohortSizeAt: () => 100,
      maxPeers: 100,
    });
    const rounds = decideMany(hundred, SETTLEMENT_ROUNDS, new Standing(hundred).made.after);
    assert.equal(new Standing(hundred).bind().on(rounds.slice(1)).may(), false, 'a gap');
    const deep = new Standing(hundred).bind().on(rounds.slice(0, -1));
    assert.equal(deep.may(), false, `${SETTLEMENT_ROUNDS - 1} rounds of few`);
    assert.equal(deep.on(rounds).may(), true, `${SETTLEMENT_ROUNDS} rounds`);
  });
});

describe('the effect that adopts', () => {
  const made = decide(SEVEN, genesisChain(SEVEN));
  const effect = (holders: readonly PeerId[], config = SEVEN) => {
    const asked = adoptEffect(config, made.before, made.after, made.decision, holders, false);
    assert.ok(asked.type === 'adopt');
    return asked;
  };

  it('asks whoever told, then the author, then the committee, each once', () => {
    const { author } = made.decision.value;
    const committee = committeeOf(SEVEN, made.before, 0);
    const teller = NAMES.find((name) => !committee.includes(name)) as string;
    assert.deepEqual(effect([teller, author]).sources, [
      teller,
      author,
      ...committee.filter((member) => member !== author),
    ]);
  });

  it('skips where the list is too short, and takes a checkpoint where one is due', () => {
    assert.equal(effect([]).skip, false);
    assert.equal(effect([], { ...SEVEN, minContributions: 2 }).skip, true);
    assert.equal(effect([]).checkpoint, undefined, 'not after round 0');
    assert.equal(effect([], { ...SEVEN, checkpointRounds: 1 }).checkpoint, made.after, 'after each');
  });
});
