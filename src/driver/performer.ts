/** Carries out the effects that take more than one call: training, fetching, aggregating, adopting, recovering. */
import { assert } from '../foundation/assert.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { Message } from '../messages/message.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import type { Answer } from '../messages/request.ts';
import { bindBody } from '../protocol/round/body-binding.ts';
import type { Effect } from '../protocol/effect.ts';
import type { ContributionFault } from '../protocol/fault.ts';
import type { Input } from '../protocol/input.ts';
import type { Bodies } from './bodies.ts';
import { CertifiedUpdate } from './certified-update.ts';
import type { Environment } from './environment.ts';
import { MAX_PUSHED_BODY_BYTES } from './limits.ts';
import { keepForMemory, ListedBodies } from './listed-bodies.ts';
import type { Recovery } from './recovery.ts';
import { Serial } from './serial.ts';

export type LongEffect = Extract<
  Effect,
  {
    type:
      | 'train'
      | 'stopTraining'
      | 'fetch'
      | 'verify'
      | 'adopt'
      | 'storeDecision'
      | 'rewind'
      | 'restore'
      | 'catchUp'
      | 'trustMemories';
  }
>;

type Of<T extends Effect['type']> = Extract<Effect, { type: T }>;

export interface PerformerParts {
  readonly self: PeerId;
  readonly environment: Environment;
  readonly codec: MessageCodec;
  readonly bodies: Bodies;
  readonly recovery: Recovery;
  readonly feed: (input: Input) => void;
  /** False: a certified update that nobody holds is not computed again. For the simulator, which must find that. */
  readonly computesUpdates: boolean;
}

export class Performer {
  private readonly self: PeerId;
  private readonly environment: Environment;
  private readonly codec: MessageCodec;
  private readonly bodies: Bodies;
  private readonly recovery: Recovery;
  private readonly serial = new Serial();
  private readonly lists: ListedBodies;
  private readonly updates: CertifiedUpdate;
  private readonly feed: (input: Input) => void;
  private readonly whole = new WeakMap<Message, Message>();
  /** The adoption that the machine waits for; one that it has given up must neither store nor answer. */
  private adopting: Of<'adopt'> | undefined;

  constructor({ self, environment, codec, bodies, recovery, feed, computesUpdates }: PerformerParts) {
    this.self = self;
    this.environment = environment;
    this.codec = codec;
    this.bodies = bodies;
    this.recovery = recovery;
    this.feed = feed;
    this.lists = new ListedBodies(bodies, environment.ledger);
    const { lists, serial } = this;
    this.updates = new CertifiedUpdate({
      environment,
      bodies,
      lists,
      recovery,
      serial,
      computes: computesUpdates,
    });
  }

  perform(effect: LongEffect): void {
    const { application, ledger } = this.environment;
    switch (effect.type) {
      case 'train':
        return this.train(effect);
      case 'stopTraining':
        return application.stopTraining();
      case 'fetch':
        return this.fetch(effect);
      case 'verify':
        return this.verify(effect);
      case 'adopt':
        return this.adopt(effect);
      case 'storeDecision': {
        const stored = { decision: withoutBody(effect.decision), seed: effect.context.seed };
        return this.serial.run((done) => ledger.saveDecision(stored, undefined, effect.truncate, done));
      }
      case 'rewind':
        this.adopting = undefined;
        return this.serial.run((done) => {
          this.recovery.rewind(effect.round, (round, applicationDigest) => {
            done();
            this.feed({ type: 'rebuilt', round, applicationDigest });
          });
        });
      case 'restore':
        this.adopting = undefined;
        return this.serial.run((done) => {
          this.recovery.restore(effect.candidates, effect.sources, (round, applicationDigest) => {
            done();
            this.feed({ type: 'rebuilt', round, applicationDigest });
          });
        });
      case 'catchUp':
        return this.catchUp(effect);
      case 'trustMemories':
        return ledger.trustMemories(() => {});
    }
  }

  /** Small bodies travel inside their message. */
  withBody(message: Message): Message {
    let whole = this.whole.get(message);
    if (whole === undefined) this.whole.set(message, (whole = this.attachBody(message)));
    return whole;
  }

  private attachBody(message: Message): Message {
    const { inlineBytes } = this.codec.limits;
    if (message.kind === 'contribution' && message.body === undefined) {
      const body = message.byteLength > inlineBytes ? undefined : this.bodies.cache.get(message.digest);
      return body === undefined ? message : { ...message, body };
    }
    if (message.kind === 'decision' && message.body === undefined) {
      const { updateDigest, updateByteLength } = message.outcome;
      const body = updateByteLength > inlineBytes ? undefined : this.bodies.cache.get(updateDigest);
      return body === undefined ? message : { ...message, body };
    }
    return message;
  }

  /** A body that is small, but not small enough for gossip, goes straight to those who are about to need it. */
  push(message: Message, to: readonly PeerId[]): void {
    if (message.kind !== 'contribution') return;
    const { digest, byteLength } = message;
    if (byteLength <= this.codec.limits.inlineBytes || byteLength > MAX_PUSHED_BODY_BYTES) return;
    const body = this.bodies.cache.get(digest);
    if (body === undefined) return;
    for (const peer of to) if (peer !== this.self) this.environment.network.push(peer, body);
  }

  private train({ context, anchor }: Of<'train'>): void {
    const { application, ledger } = this.environment;
    application.train(context, (carried) => {
      const body = bindBody(carried, { anchor, worker: this.self });
      assert(body.length <= this.codec.limits.maxContributionBytes, 'a contribution fits the experiment');
      this.bodies.digestOf(body, (digest) => {
        const kept = this.bodies.cache.put(digest, body);
        keepForMemory(ledger, context.round, [{ digest, body: kept }], () =>
          this.feed({ type: 'trained', anchor, digest, byteLength: body.length }),
        );
      });
    });
  }

  private fetch({ context, contribution, sources }: Of<'fetch'>): void {
    const { worker, digest, anchor, body } = contribution;
    if (body !== undefined) this.bodies.cache.put(digest, body);
    this.bodies.whenPushed(contribution, () =>
      this.bodies.checked(context, contribution, sources, (_body, fault) => {
        this.feed({ type: 'fetched', anchor, worker, digest, ...(fault === undefined ? {} : { fault }) });
      }),
    );
  }

  private verify({ context, anchor, value, contributions, skip, sources }: Of<'verify'>): void {
    const refuse = (fault: ContributionFault | 'unavailable'): void =>
      this.feed({ type: 'verified', anchor, value, fault });
    this.lists.gather(context, anchor, contributions, sources, (found) => {
      if (typeof found === 'string') return refuse(found);
      this.lists.keep(context.round, contributions, found.bodies);
      this.serial.run((done) => {
        if (this.recovery.position !== context.round) {
          done(); // the round is over here
          return;
        }
        const counted = skip ? [] : found.contributions;
        this.environment.application.aggregate(context, counted, ({ update, updateDigest, stateDigest }) => {
          this.bodies.cache.put(updateDigest, update);
          done();
          const outcome = {
            updateDigest,
            updateByteLength: update.length,
            applicationDigest: stateDigest,
          };
          this.feed({ type: 'verified', anchor, value, outcome });
        });
      });
    });
  }

  private adopt(effect: Of<'adopt'>): void {
    const { context, decision, skip, sources, truncate, checkpoint } = effect;
    const { application, ledger } = this.environment;
    const { round } = context;
    const { updateDigest: digest } = decision.outcome;
    this.adopting = effect;
    const fail = (): void => {
      if (this.adopting === effect) this.feed({ type: 'adoptFailed', round });
    };
    if (decision.body !== undefined) this.bodies.cache.put(digest, decision.body);
    const store = (update: Uint8Array, done: () => void): void => {
      const stored = { decision: withoutBody(decision), seed: context.seed };
      ledger.saveDecision(stored, update, truncate, () => {
        application.apply(context, update, (applicationDigest) => {
          this.recovery.applied(round);
          const finish = (): void => {
            done();
            this.feed({ type: 'adopted', round, applicationDigest });
          };
          if (checkpoint?.applicationDigest !== applicationDigest) return finish();
          application.checkpoint((state) => ledger.saveCheckpoint(checkpoint, state, finish));
        });
      });
    };
    this.updates.get(context, decision, skip, sources, (update) => {
      if (update === undefined) return fail();
      const kept = this.bodies.cache.put(digest, update);
      this.lists.archive(round, decision.value.contributions, sources, () =>
        this.serial.run((done) => {
          if (this.adopting === effect && this.recovery.position === round) return store(kept, done);
          done();
          fail();
        }),
      );
    });
  }

  private catchUp({ peer, fromRound, seats }: Of<'catchUp'>): void {
    const request = this.codec.encodeRequest({ kind: 'decisions', fromRound });
    const { network } = this.environment;
    network.request(peer, request, this.codec.maxDecisionsBytes(seats), (bytes) => {
      if (bytes === undefined) return this.feed({ type: 'caughtUp', peer, decisions: undefined, head: 0 });
      const answer = this.codec.decodeAnswer(bytes);
      if (answer?.kind === 'decisions') return this.read(peer, answer, seats, []);
      network.penalize(peer, 'answered with what is no answer');
      this.feed({ type: 'caughtUp', peer, decisions: undefined, head: 0 });
    });
  }

  /** Decodes one decision after the other, and lets other work run in between; what follows a bad one is not looked at. */
  private read(
    peer: PeerId,
    { decisions, head }: Extract<Answer, { kind: 'decisions' }>,
    seats: number,
    found: UnverifiedDecision[],
  ): void {
    const { network, clock } = this.environment;
    let budget = DECODED_BYTES_AT_ONCE;
    for (const record of decisions.slice(found.length)) {
      if (budget <= 0)
        return void clock.setTimer(0, () =>
          this.read(peer, { kind: 'decisions', decisions, head }, seats, found),
        );
      budget -= record.length;
      const decision = this.codec.decodeDecision(record, seats);
      if (decision === undefined) {
        network.penalize(peer, 'answered with what is no decision');
        break;
      }
      found.push(decision);
    }
    this.feed({ type: 'caughtUp', peer, decisions: found, head });
  }
}

const DECODED_BYTES_AT_ONCE = 64 << 10;

function withoutBody<T extends { readonly body?: Uint8Array }>(message: T): Omit<T, 'body'> & T {
  const { body: _body, ...rest } = message;
  return rest as Omit<T, 'body'> & T;
}
