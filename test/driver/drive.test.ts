import assert from 'node:assert/strict';
import { genesisChain } from '../../src/protocol/chain/chain.ts';
import type { Effect } from '../../src/protocol/effect.ts';
import type { Input } from '../../src/protocol/input.ts';
import type { Machine } from '../../src/protocol/machine.ts';
import type { RoundMemory } from '../../src/protocol/saved-state.ts';
import { MessageCodec } from '../../src/messages/message-codec.ts';
import type { UnverifiedVote } from '../../src/messages/vote.ts';
import { drive, type Driver } from '../../src/driver/drive.ts';
import type { Environment, NetworkHandlers } from '../../src/driver/environment.ts';
import { CONFIG } from '../support/certified-history.ts';

const [SELF, OTHER] = CONFIG.genesis.peers as [string, string];
const CHAIN = genesisChain(CONFIG);

function vote(view: number): UnverifiedVote {
  const at = { phase: 'prevote', round: 0, attempt: 0, view, anchor: CHAIN.anchor } as const;
  return { kind: 'vote', ...at, voter: SELF, value: null, signature: new Uint8Array(64) };
}

const publish = (view: number): Effect => ({ type: 'publish', channel: 'consensus', message: vote(view) });
const MEMORY: RoundMemory = { round: 0, anchor: CHAIN.anchor, abandons: [], attempt: 0, view: 0, votes: [] };

/** drive() with a machine that says what the test scripts, in a world that the test turns by hand. */
class Bench {
  readonly codec = new MessageCodec(CONFIG);
  readonly inputs: Input[] = [];
  readonly sent: number[] = [];
  readonly refused: string[] = [];
  readonly writes: (() => void)[] = [];
  readonly timers: { delayMs: number; fire: () => void; cancelled: boolean }[] = [];
  readonly driver: Driver;
  handlers: NetworkHandlers | undefined;
  /** What the machine answers to an input. */
  script: (input: Input) => readonly Effect[] = () => [];

  constructor() {
    const machine = {
      config: CONFIG,
      self: SELF,
      position: { round: 0, anchor: CHAIN.anchor },
      step: (input: Input) => {
        this.inputs.push(input);
        return this.script(input);
      },
    } as unknown as Machine;
    const environment = {
      clock: {
        now: () => 0,
        setTimer: (delayMs: number, fire: () => void) => {
          const timer = { delayMs, fire, cancelled: false };
          this.timers.push(timer);
          return () => (timer.cancelled = true);
        },
      },
      network: {
        open: (handlers: NetworkHandlers) => (this.handlers = handlers),
        publish: (_channel: string, bytes: Uint8Array) => {
          const message = this.codec.decode(bytes);
          this.sent.push(message?.kind === 'vote' ? message.view : -1);
        },
      },
      ledger: {
        load: (done: (loaded: object) => void) =>
          done({ chain: CHAIN, decisions: [], memories: [], amnesiac: false }),
        saveMemory: (_memory: RoundMemory, _forgetBelow: number, done: () => void) => this.writes.push(done),
      },
      application: { stopTraining: () => undefined },
      observer: { refused: (fault: string) => this.refused.push(fault) },
    } as unknown as Environment;
    this.driver = drive(machine, environment, { codec: this.codec });
  }

  /** A vote of another peer comes in; what the machine answers to it. */
  hear(view: number, answer: readonly Effect[]): string | undefined {
    this.script = (input) =>
      input.type === 'message' && input.from === OTHER ? answer : [{ type: 'verdict', verdict: 'ignore' }];
    return this.handlers?.receive(this.codec.encode(vote(view)), OTHER);
  }
}

describe('drive', () => {
  it('starts the machine with what the ledger holds', () => {
    const [start] = new Bench().inputs;
    assert.deepEqual(
      start,
      { type: 'start', saved: { chain: CHAIN, decisions: [], memories: [], amnesiac: false } },
      'first of all inputs',
    );
  });

  it('persists before it publishes, and holds everything behind a write back', () => {
    const bench = new Bench();
    bench.hear(0, [publish(1), { type: 'store', memory: MEMORY, then: [publish(2)] }, publish(3)]);
    assert.deepEqual(bench.sent, [1], 'what stands before the write');
    bench.hear(5, [publish(4)]);
    assert.deepEqual(bench.sent, [1], 'nor what a later step wants');
    bench.writes[0]?.();
    assert.deepEqual(bench.sent, [1, 2, 3, 4], 'then all of it, in order');
  });

  it('answers a message at once, even while it writes', () => {
    const bench = new Bench();
    bench.hear(0, [{ type: 'store', memory: MEMORY, then: [] }]);
    assert.equal(bench.hear(1, [{ type: 'verdict', verdict: 'accept' }]), 'accept', 'the verdict');
    const fault = [{ type: 'verdict', verdict: 'reject', fault: 'bad-signature' }] as const;
    assert.equal(bench.hear(2, fault), 'reject', 'and blame');
    assert.deepEqual(bench.refused, ['bad-signature'], 'which observers are told of');
  });

  it('gives own messages to the machine as it gives those of others', () => {
    const bench = new Bench();
    bench.hear(0, [publish(7)]);
    const own = bench.inputs.at(-1);
    assert.ok(own?.type === 'message' && own.from === SELF, 'from itself');
    assert.deepEqual(own.message, vote(7), 'what it published');
  });

  it('rejects bytes that are no message, and answers a question that is none', () => {
    const bench = new Bench();
    const before = bench.inputs.length;
    assert.equal(bench.handlers?.receive(Uint8Array.of(0xff, 1, 2), OTHER), 'reject', 'gossip');
    assert.deepEqual(
      [bench.refused, bench.inputs.length],
      [['undecodable'], before],
      'the machine is not asked',
    );
    let answer: Uint8Array | undefined;
    bench.handlers?.answer(Uint8Array.of(9), OTHER, (bytes) => (answer = bytes));
    assert.deepEqual(bench.codec.decodeAnswer(answer as Uint8Array), { kind: 'none' }, 'a question');
  });

  it('has one timer of a name, whose token comes back', () => {
    const bench = new Bench();
    const timer = (token: number): Effect => ({ type: 'setTimer', timer: 'phase', delayMs: 10, token });
    bench.hear(0, [timer(1), timer(2)]);
    assert.deepEqual(
      bench.timers.map(({ cancelled }) => cancelled),
      [true, false],
      'the second replaces the first',
    );
    bench.timers[1]?.fire();
    assert.deepEqual(bench.inputs.at(-1), { type: 'timeout', timer: 'phase', token: 2 }, 'its token');
    bench.hear(1, [timer(3), { type: 'cancelTimer', timer: 'phase' }]);
    assert.equal(bench.timers[2]?.cancelled, true, 'cancelled by name');
  });

  it('does nothing any more once it is stopped', () => {
    const bench = new Bench();
    bench.hear(0, [
      { type: 'store', memory: MEMORY, then: [publish(1)] },
      { type: 'setTimer', timer: 'collect', delayMs: 5, token: 1 },
    ]);
    bench.driver.stop();
    bench.writes[0]?.();
    const before = bench.inputs.length;
    assert.equal(bench.hear(1, [publish(2)]), 'ignore', 'messages are dropped');
    assert.deepEqual([bench.sent, bench.inputs.length], [[], before], 'nothing is sent, nothing is asked');
  });
});
