import assert from 'node:assert/strict';
import { committeeOf, genesisChain } from '../../../src/protocol/chain/chain.ts';
import type { ProtocolConfig } from '../../../src/protocol/config.ts';
import type { Effect } from '../../../src/protocol/effect.ts';
import type { Machine } from '../../../src/protocol/machine.ts';
import type { UnverifiedProposal } from '../../../src/messages/proposal.ts';
import type { UnverifiedVote, VotePhase } from '../../../src/messages/vote.ts';
import { contentDigest, voteBytes } from '../../../src/protocol/verification/statements.ts';
import { fakeSignatures } from '../../../simulations/fake-schemes.ts';
import { configOf, flat, machineOf, of, PEERS, started } from '../bench-peers.ts';

/** A committee of four that is played by hand; `members[0]` proposes in view 0. */
class Table {
  readonly config: ProtocolConfig;
  readonly members: readonly string[];
  readonly chain;
  /** Tokens of the timers as they were set last. */
  private readonly tokens = new Map<string, number>();

  constructor(changes: Partial<ProtocolConfig> = {}) {
    this.config = configOf(changes);
    this.chain = genesisChain(this.config);
    this.members = committeeOf(this.config, this.chain, 0);
  }

  start(self: string): Machine {
    const machine = machineOf(this.config, self);
    this.note(started(machine));
    return machine;
  }

  note(effects: readonly Effect[]): readonly Effect[] {
    for (const { timer, token } of of(effects, 'setTimer')) this.tokens.set(timer, token);
    return effects;
  }

  expire(
    machine: Machine,
    timer: 'collect' | 'phase' | 'precommit' | 'rebroadcast' | 'attempt',
  ): readonly Effect[] {
    return this.note(machine.step({ type: 'timeout', timer, token: this.tokens.get(timer) ?? -1 }));
  }

  hear(machine: Machine, message: UnverifiedProposal | UnverifiedVote): readonly Effect[] {
    return this.note(machine.step({ type: 'message', message, from: PEERS[0] }));
  }

  vote(voter: string, phase: VotePhase, view: number, value: string | null): UnverifiedVote {
    const { round, anchor } = this.chain;
    const at = { phase, round, attempt: 0, view, anchor };
    const signature = fakeSignatures(voter).sign(voteBytes(this.config.experiment, at, value));
    return { kind: 'vote', ...at, voter, value, signature };
  }

  /** The proposal of view 0, made by its proposer with no contributions at all. */
  proposal(): UnverifiedProposal {
    const proposer = this.start(this.members[0] as string);
    const effects = this.expire(proposer, 'collect');
    const made = of(effects, 'publish').map(({ message }) => message);
    return made.find((message) => message.kind === 'proposal') as UnverifiedProposal;
  }

  /** The aggregate of a proposal is computed. */
  verified(machine: Machine, proposal: UnverifiedProposal): readonly Effect[] {
    const outcome = {
      updateDigest: 'bb'.repeat(32),
      updateByteLength: 4,
      applicationDigest: 'cc'.repeat(32),
    };
    const value = contentDigest(proposal.value);
    return this.note(machine.step({ type: 'verified', anchor: this.chain.anchor, value, outcome }));
  }
}

function votesIn(effects: readonly Effect[]): UnverifiedVote[] {
  return of(effects, 'publish')
    .map(({ message }) => message)
    .filter((message) => message.kind === 'vote');
}

function member(table: Table, at: number): string {
  return table.members[at] as string;
}

/** A member that has prevoted for the proposal of view 0; gives the digest that it votes for. */
function prevoted(
  table: Table,
  self: string,
  proposal: UnverifiedProposal,
): { machine: Machine; digest: string } {
  const machine = table.start(self);
  table.expire(machine, 'collect');
  table.hear(machine, proposal);
  const [vote] = votesIn(table.verified(machine, proposal));
  assert.equal(vote?.phase, 'prevote', 'the member prevotes when the aggregate is known');
  return { machine, digest: vote?.value ?? '' };
}

describe('consensus (Tendermint, arXiv 1807.04938)', () => {
  it('line 22: prevotes for a valid proposal once its aggregate is known, and persists the vote first', () => {
    const table = new Table();
    const proposal = table.proposal();
    const machine = table.start(member(table, 1));
    table.expire(machine, 'collect');
    const heard = table.hear(machine, proposal);
    assert.deepEqual(votesIn(heard), [], 'no vote before the aggregate is known');
    assert.equal(of(heard, 'verify').length, 1, 'the aggregate is asked for');
    const effects = table.verified(machine, proposal);
    const at = effects.findIndex((effect) => effect.type === 'store');
    const store = effects[at];
    assert.ok(store?.type === 'store', 'the memory is stored');
    assert.equal(store.then[0]?.type, 'publish', 'and the vote published only after it');
    assert.equal(
      effects.some((effect) => effect.type === 'publish'),
      false,
      'nothing is published beside it',
    );
    assert.equal(store.memory.votes.length, 1, 'the stored memory has the vote');
  });

  it('line 22: a proposal that is not the view proposer’s is refused', () => {
    const table = new Table();
    const forged = { ...table.proposal(), proposer: member(table, 2) };
    const machine = table.start(member(table, 1));
    const [verdict] = of(table.hear(machine, forged), 'verdict');
    assert.equal(verdict?.fault, 'not-the-proposer', 'its fault is named');
  });

  it('line 57: prevotes nil when no proposal came in time', () => {
    const table = new Table();
    const machine = table.start(member(table, 1));
    const [vote] = votesIn(table.expire(machine, 'phase'));
    assert.equal(vote?.value, null, 'the vote is for nil');
    assert.equal(vote?.phase, 'prevote', 'and a prevote');
  });

  it('line 36: locks and precommits on more than two thirds of prevotes, not on two thirds', () => {
    const table = new Table();
    const proposal = table.proposal();
    const { machine, digest } = prevoted(table, member(table, 1), proposal);
    const votes = [0, 1, 2].map((at) => table.vote(member(table, at), 'prevote', 0, digest));
    assert.deepEqual(votesIn(table.hear(machine, votes[0] as UnverifiedVote)), [], 'one vote');
    assert.deepEqual(votesIn(table.hear(machine, votes[1] as UnverifiedVote)), [], 'two votes of four');
    const effects = table.hear(machine, votes[2] as UnverifiedVote);
    const [precommit] = votesIn(effects);
    assert.deepEqual([precommit?.phase, precommit?.value], ['precommit', digest], 'three of four');
    assert.equal(
      of(effects, 'store').at(-1)?.memory.locked?.digest,
      digest,
      'the lock is stored with the vote',
    );
  });

  it('line 44: precommits nil on a quorum of nil prevotes', () => {
    const table = new Table();
    const machine = table.start(member(table, 1));
    table.expire(machine, 'phase');
    table.hear(machine, table.vote(member(table, 0), 'prevote', 0, null));
    table.hear(machine, table.vote(member(table, 1), 'prevote', 0, null));
    const [vote] = votesIn(table.hear(machine, table.vote(member(table, 2), 'prevote', 0, null)));
    assert.deepEqual([vote?.phase, vote?.value], ['precommit', null], 'nil is precommitted');
  });

  it('lines 47 and 65: goes to the next view when the precommits do not agree', () => {
    const table = new Table();
    const machine = table.start(member(table, 2));
    table.expire(machine, 'phase');
    for (const at of [0, 1, 3]) table.hear(machine, table.vote(member(table, at), 'precommit', 0, null));
    const effects = table.expire(machine, 'precommit');
    assert.deepEqual(
      of(effects, 'report').map(({ report }) => report.event),
      ['view-changed'],
      'the view changes',
    );
    const timer = of(effects, 'setTimer').find(({ timer: name }) => name === 'phase');
    assert.equal(timer?.delayMs, 110, 'the time-out grew by growthMs');
  });

  it('line 49: decides on a quorum of precommits and certifies it', () => {
    const table = new Table();
    const proposal = table.proposal();
    const { machine, digest } = prevoted(table, member(table, 1), proposal);
    let effects: readonly Effect[] = [];
    for (const at of [0, 2, 3]) {
      effects = table.hear(machine, table.vote(member(table, at), 'precommit', 0, digest));
    }
    const [adopt] = of(effects, 'adopt');
    const certificate = adopt?.decision.certificate;
    assert.equal(certificate?.value, digest, 'the certificate is for the value');
    assert.equal(certificate?.signatures.length, 3, 'three signatures');
    assert.deepEqual([...(certificate?.signers ?? [])], [0b1101], 'members 0, 2 and 3 signed');
  });

  it('line 55: follows f + 1 members to a later view, not f', () => {
    const table = new Table();
    const machine = table.start(member(table, 1));
    const first = table.hear(machine, table.vote(member(table, 0), 'prevote', 2, null));
    assert.deepEqual(of(first, 'report'), [], 'one member may be lying');
    const second = table.hear(machine, table.vote(member(table, 2), 'prevote', 3, null));
    const [report] = of(second, 'report');
    assert.deepEqual(
      report?.report,
      { event: 'view-changed', round: 0, attempt: 0, view: 2 },
      'to the view that one honest member has reached',
    );
  });

  it('line 23: a locked member prevotes nil for another value without a newer quorum', () => {
    const table = new Table();
    const proposal = table.proposal();
    const { machine, digest } = prevoted(table, member(table, 2), proposal);
    for (const at of [0, 1, 2]) table.hear(machine, table.vote(member(table, at), 'prevote', 0, digest));
    // view 1: its proposer has not seen the quorum and proposes a value of its own
    const other = table.start(member(table, 1));
    table.expire(other, 'phase');
    for (const at of [0, 2, 3]) table.hear(other, table.vote(member(table, at), 'precommit', 0, null));
    const fresh = of(table.expire(other, 'precommit'), 'publish')
      .map(({ message }) => message)
      .find((message) => message.kind === 'proposal') as UnverifiedProposal;
    assert.equal(fresh.view, 1, 'a proposal of view 1');
    for (const at of [0, 1]) table.hear(machine, table.vote(member(table, at), 'prevote', 1, null));
    table.hear(machine, fresh);
    const [vote] = votesIn(table.verified(machine, fresh));
    assert.deepEqual([vote?.phase, vote?.view, vote?.value], ['prevote', 1, null], 'the lock holds');
  });

  it('votes once per slot, also after a restart', () => {
    const table = new Table();
    const self = member(table, 1);
    const machine = table.start(self);
    const [stored] = of(table.expire(machine, 'phase'), 'store');
    assert.ok(stored !== undefined, 'the vote for nil is stored');
    const again = machineOf(table.config, self);
    table.note(started(again, { decisions: [], memories: [stored.memory], amnesiac: false }));
    table.expire(again, 'collect');
    table.hear(again, table.proposal());
    const votes = votesIn(table.verified(again, table.proposal()));
    assert.deepEqual(
      votes.map(({ value }) => value),
      [null],
      'the vote that was cast stands',
    );
  });

  it('turns two votes of one member into evidence', () => {
    const table = new Table();
    const machine = table.start(member(table, 1));
    table.hear(machine, table.vote(member(table, 0), 'prevote', 0, null));
    const effects = table.hear(machine, table.vote(member(table, 0), 'prevote', 0, 'dd'.repeat(32)));
    const published = of(effects, 'publish').map(({ message }) => message);
    const evidence = published.find((message) => message.kind === 'evidence');
    assert.equal(evidence?.kind === 'evidence' && evidence.peer, member(table, 0), 'against the voter');
    assert.deepEqual(
      of(effects, 'report').map(({ report }) => report.event),
      ['convicted'],
      'and says so',
    );
  });

  it('does not vote for a value that leaves out too much of what was here in time', () => {
    const table = new Table();
    const proposal = table.proposal(); // an empty list
    const self = member(table, 1);
    const machine = table.start(self);
    const { anchor } = table.chain;
    const digest = 'ee'.repeat(32);
    const trained = table.note(machine.step({ type: 'trained', anchor, digest, byteLength: 4 }));
    const [own] = of(trained, 'publish');
    assert.ok(own?.message.kind === 'contribution', 'its own contribution');
    table.note(machine.step({ type: 'message', message: own.message, from: self }));
    table.note(machine.step({ type: 'fetched', anchor, worker: self, digest }));
    table.expire(machine, 'collect');
    const [vote] = votesIn(table.hear(machine, proposal));
    assert.deepEqual([vote?.phase, vote?.value], ['prevote', null], 'one of one omitted is above 0.3');
  });

  it('answers every message with one verdict and throws on none', () => {
    const table = new Table();
    const machine = table.start(member(table, 1));
    const strange = { ...table.vote('nobody', 'prevote', 0, null), round: 7 };
    for (const message of [strange, table.vote('nobody', 'prevote', 0, null)]) {
      assert.equal(of(flat(table.hear(machine, message)), 'verdict').length, 1, 'one verdict');
    }
  });
});
