/**
 * The only caller of `Machine.step`: turns what happens in an environment into inputs, and effects into what happens.
 * Effects are carried out in order, one step after the other; a `store` holds back everything behind it until it is on
 * the disk. Own messages come back the same way as strangers'.
 */
import { unreachable } from '../foundation/assert.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { CHANNEL_OF, type Message } from '../messages/message.ts';
import { MessageCodec } from '../messages/message-codec.ts';
import type { Effect } from '../protocol/effect.ts';
import type { MessageFault } from '../protocol/fault.ts';
import type { Input, Timer } from '../protocol/input.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { Machine } from '../protocol/machine.ts';
import { genesisChain } from '../protocol/chain/chain.ts';
import { Answers } from './answers.ts';
import { Bodies } from './bodies.ts';
import { BodyCache } from './body-cache.ts';
import type { Environment } from './environment.ts';
import type { Verdict } from '../messages/message.ts';
import { cacheLimits } from './limits.ts';
import { Performer } from './performer.ts';
import { Recovery } from './recovery.ts';

export interface Driver {
  /** How full everything is in here that other peers can make grow. */
  sizes(): Readonly<Record<string, number>>;
  /** Gives up the seat in the roster; the peer goes on following. */
  leave(): void;
  /** No input is taken and no effect carried out any more. */
  stop(): void;
}

export interface DriveOptions {
  /** Shared by the machines of a simulation, which then decode each message once. */
  readonly codec?: MessageCodec;
  /**
   * Told of every effect before it is carried out, verdicts aside; for telemetry. Where it stops the driver, neither
   * that effect nor one behind it happens.
   */
  readonly onEffect?: (effect: Effect) => void;
  /** Default true; see `PerformerParts`. */
  readonly computesUpdates?: boolean;
}

export function drive(machine: Machine, environment: Environment, options: DriveOptions = {}): Driver {
  const { config, self } = machine;
  const { clock, network, ledger, application, observer } = environment;
  const codec = options.codec ?? new MessageCodec(config);
  const limits = cacheLimits(config);
  const cache = new BodyCache(() => limits(machine.seats));
  const bodies = new Bodies(environment, codec, self, cache);
  const recovery = new Recovery(environment);
  const timers = new Map<Timer, () => void>();
  const inputs: Input[] = [];
  const effects: Effect[] = [];
  let stopped = false;
  let stepping = false;
  let storing = false;
  let verdict: Verdict = 'ignore';
  let fault: MessageFault | undefined;

  const answers = new Answers({
    ledger,
    codec,
    cache: bodies.cache,
    headRound: () => machine.position.round,
  });
  const performer = new Performer({
    self,
    environment,
    codec,
    bodies,
    recovery,
    feed: (input) => feed(input),
    computesUpdates: options.computesUpdates ?? true,
  });

  function feed(input: Input): void {
    if (stopped) return;
    inputs.push(input);
    if (!stepping) run();
  }

  function run(): void {
    stepping = true;
    for (;;) {
      while (!storing && !stopped) {
        const effect = effects.shift();
        if (effect === undefined) break;
        perform(effect);
      }
      const input = stopped ? undefined : inputs.shift();
      if (input === undefined) break;
      for (const effect of machine.step(input, clock.now())) {
        // a verdict is the answer to the message itself and waits for nothing
        if (effect.type === 'verdict') noteVerdict(effect, input);
        else effects.push(effect);
      }
    }
    stepping = false;
  }

  function noteVerdict(effect: Extract<Effect, { type: 'verdict' }>, input: Input): void {
    verdict = effect.verdict;
    fault = effect.fault;
    if (effect.fault !== undefined && input.type === 'message') observer.refused(effect.fault, input.from);
  }

  /** A statement that is known and still of use may be repeated: those who missed it need it. A decision is caught up. */
  function hear(message: Message, from: PeerId, mayRepeat: boolean): Verdict {
    verdict = 'ignore';
    fault = undefined;
    feed({ type: 'message', message, from });
    return mayRepeat && fault === 'duplicate' ? 'accept' : verdict;
  }

  function perform(effect: Effect): void {
    options.onEffect?.(effect);
    if (stopped) return;
    switch (effect.type) {
      case 'store':
        storing = true;
        ledger.saveMemory(effect.memory, effect.memory.round - SETTLEMENT_ROUNDS - 1, () => {
          if (stopped) return;
          storing = false;
          effects.unshift(...effect.then);
          if (!stepping) run();
        });
        return;
      case 'publish':
        if (effect.bodyTo !== undefined) performer.push(effect.message, effect.bodyTo);
        network.publish(effect.channel, codec.encode(performer.withBody(effect.message)));
        inputs.push({ type: 'message', message: effect.message, from: self });
        return;
      case 'send':
        network.send(effect.to, codec.encode(performer.withBody(effect.message)));
        return;
      case 'listen':
        bodies.pushed.open(effect.committee);
        return network.listen(effect.committee);
      case 'setTimer': {
        const { timer, token, delayMs } = effect;
        timers.get(timer)?.();
        timers.set(
          timer,
          clock.setTimer(delayMs, () => feed({ type: 'timeout', timer, token })),
        );
        return;
      }
      case 'cancelTimer':
        timers.get(effect.timer)?.();
        timers.delete(effect.timer);
        return;
      case 'blame':
        return network.penalize(effect.peer, effect.reason);
      case 'decide':
        return observer.decided(effect.decision);
      case 'report':
        return observer.reported(effect.report);
      case 'verdict':
        return;
      case 'train':
      case 'stopTraining':
      case 'fetch':
      case 'verify':
      case 'adopt':
      case 'storeDecision':
      case 'rewind':
      case 'restore':
      case 'catchUp':
      case 'trustMemories':
        return performer.perform(effect);
      default:
        return unreachable(effect);
    }
  }

  network.open({
    receive(bytes, from, how) {
      if (stopped) return 'ignore';
      const message = codec.decode(bytes);
      if (message === undefined || (how !== undefined && CHANNEL_OF[message.kind] !== how.channel)) {
        observer.refused('undecodable', from);
        return 'reject';
      }
      return hear(message, from, how?.again === true && message.kind !== 'decision');
    },
    answer(request, from, reply) {
      if (!stopped) answers.answer(request, from, reply);
    },
    met: (peer) => feed({ type: 'met', peer }),
    pushed: (body, from) => !stopped && bodies.pushed.put(from, body),
    body: (digest) => bodies.cache.get(digest),
    storedBody: (digest, done) => (stopped ? done(undefined) : ledger.storedBody(digest, done)),
  });

  ledger.load(({ chain, decisions, memories, amnesiac }) => {
    bodies.putBack(memories);
    const begin = (): void => {
      const saved = { decisions: decisions.map(({ decision }) => decision), memories, amnesiac };
      feed({ type: 'start', saved: chain === undefined ? saved : { ...saved, chain } });
    };
    if (chain !== undefined) return begin();
    // the state before round 0, which a step back may need
    application.checkpoint((state) => ledger.saveCheckpoint(genesisChain(config), state, begin));
  });

  return {
    sizes: () => ({
      ...machine.sizes(),
      ...answers.sizes(),
      'body-cache-bytes': cache.bytes,
      'body-cache-bodies': cache.size,
      'pushed-bytes': bodies.pushed.bytes,
    }),
    leave: () => feed({ type: 'leave' }),
    stop() {
      stopped = true;
      for (const cancel of timers.values()) cancel();
      timers.clear();
      application.stopTraining();
    },
  };
}
