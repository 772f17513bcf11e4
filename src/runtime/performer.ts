/** Carries out the effects that take more than one call: training, fetching, aggregating, adopting, recovering. */
import { assert } from '../foundation/assert.ts';
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Message } from '../messages/message.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { ListedContribution } from '../messages/contribution.ts';
import type { UnverifiedDecision } from '../messages/decision.ts';
import type { Effect } from '../protocol/effect.ts';
import type { ContributionFault } from '../protocol/fault.ts';
import type { Input } from '../protocol/input.ts';
import { SETTLEMENT_ROUNDS } from '../protocol/limits.ts';
import type { Contribution } from './application.ts';
import type { Bodies } from './bodies.ts';
import type { Environment } from './environment.ts';
import type { Recovery } from './recovery.ts';
import type { Serial } from './serial.ts';

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

export class Performer {
  private readonly environment: Environment;
  private readonly codec: MessageCodec;
  private readonly bodies: Bodies;
  private readonly recovery: Recovery;
  private readonly serial: Serial;
  private readonly feed: (input: Input) => void;
  private readonly whole = new WeakMap<Message, Message>();

  constructor(
    environment: Environment,
    codec: MessageCodec,
    bodies: Bodies,
    recovery: Recovery,
    serial: Serial,
    feed: (input: Input) => void,
  ) {
    this.environment = environment;
    this.codec = codec;
    this.bodies = bodies;
    this.recovery = recovery;
    this.serial = serial;
    this.feed = feed;
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
        return this.serial.run((done) => {
          this.recovery.rewind(effect.round, (round, applicationDigest) => {
            done();
            this.feed({ type: 'rebuilt', round, applicationDigest });
          });
        });
      case 'restore':
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
      const body = message.byteLength > inlineBytes ? undefined : this.bodies.shelf.get(message.digest);
      return body === undefined ? message : { ...message, body };
    }
    if (message.kind === 'decision' && message.body === undefined) {
      const { updateDigest, updateByteLength } = message.outcome;
      const body = updateByteLength > inlineBytes ? undefined : this.bodies.shelf.get(updateDigest);
      return body === undefined ? message : { ...message, body };
    }
    return message;
  }

  private train({ context, anchor }: Of<'train'>): void {
    const { application, ledger } = this.environment;
    application.train(context, (body) => {
      const digest = bodyDigest(body);
      assert(body.length <= this.codec.limits.maxContributionBytes, 'a contribution fits the experiment');
      this.bodies.shelf.put(digest, body);
      const oldest = context.round - SETTLEMENT_ROUNDS;
      ledger.saveContribution(context.round, digest, body, oldest, () =>
        this.feed({ type: 'trained', anchor, digest, byteLength: body.length }),
      );
    });
  }

  private fetch({ context, contribution, sources }: Of<'fetch'>): void {
    const { worker, digest, anchor, body } = contribution;
    if (body !== undefined) this.bodies.shelf.put(digest, body);
    this.bodies.checked(context, contribution, sources, (_body, fault) => {
      this.feed({ type: 'fetched', anchor, worker, digest, ...(fault === undefined ? {} : { fault }) });
    });
  }

  private verify(effect: Of<'verify'>): void {
    const { context, anchor, value, skip } = effect;
    const refuse = (fault: ContributionFault | 'unavailable'): void =>
      this.feed({ type: 'verified', anchor, value, fault });
    this.gather(effect, (found) => {
      if (typeof found === 'string') return refuse(found);
      this.keep(effect);
      this.serial.run((done) => {
        if (this.recovery.position !== context.round) {
          done(); // the round is over here
          return;
        }
        this.environment.application.aggregate(context, skip ? [] : found, ({ update, stateDigest }) => {
          const updateDigest = bodyDigest(update);
          this.bodies.shelf.put(updateDigest, update);
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

  /**
   * What a member votes for must outlive it: if every body of a locked value were lost in crashes, nobody could check
   * the value again and the round would stand still. The vote's own write makes these durable.
   */
  private keep({ context, contributions }: Of<'verify'>): void {
    for (const { digest } of contributions) {
      const body = this.bodies.shelf.get(digest);
      if (body === undefined) continue;
      const oldest = context.round - SETTLEMENT_ROUNDS;
      this.environment.ledger.saveContribution(context.round, digest, body, oldest, () => undefined);
    }
  }

  /** All bodies of a list, each checked; or what was wrong with the first bad one. */
  private gather(
    { context, contributions, sources }: Of<'verify'>,
    done: (found: readonly Contribution[] | ContributionFault | 'unavailable') => void,
  ): void {
    const found: Contribution[] = [];
    let waiting = contributions.length;
    let failed = false;
    if (waiting === 0) return done(found);
    contributions.forEach((listed: ListedContribution, at) => {
      this.bodies.checked(context, listed, [listed.worker, ...sources], (body, fault) => {
        waiting -= 1;
        if (failed) return;
        if (fault !== undefined || body === undefined) {
          failed = true;
          return done(fault ?? 'unavailable');
        }
        found[at] = { worker: listed.worker, body };
        if (waiting === 0) done(found);
      });
    });
  }

  private adopt({ context, decision, sources, truncate, checkpoint }: Of<'adopt'>): void {
    const { application, ledger } = this.environment;
    const { round } = context;
    const { updateDigest: digest, updateByteLength: byteLength } = decision.outcome;
    if (decision.body !== undefined) this.bodies.shelf.put(digest, decision.body);
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
    const apply = (update: Uint8Array | undefined): void => {
      if (update === undefined) return this.feed({ type: 'adoptFailed', round });
      this.bodies.shelf.put(digest, update);
      this.archive(decision, sources, () =>
        this.serial.run((done) => {
          if (this.recovery.position === round) return store(update, done);
          done();
          this.feed({ type: 'adoptFailed', round });
        }),
      );
    };
    ledger.updateByDigest(digest, (known) => {
      if (known !== undefined) return apply(known);
      this.bodies.get({ digest, byteLength }, sources, apply);
    });
  }

  /** Keeps the decided contributions, where the ledger is asked to; one that nobody has any more is left out. */
  private archive(decision: UnverifiedDecision, sources: readonly PeerId[], done: () => void): void {
    const { ledger } = this.environment;
    const { round, contributions } = decision.value;
    let waiting = ledger.keepsContributions === true ? contributions.length : 0;
    if (waiting === 0) return done();
    const kept = (): void => {
      waiting -= 1;
      if (waiting === 0) done();
    };
    for (const listed of contributions) {
      const keep = (body: Uint8Array | undefined): void => {
        if (body === undefined) return kept();
        ledger.saveContribution(round, listed.digest, body, 0, kept);
      };
      this.bodies.get(listed, [listed.worker, ...sources], keep, []);
    }
  }

  private catchUp({ peer, fromRound }: Of<'catchUp'>): void {
    const request = this.codec.encodeRequest({ kind: 'decisions', fromRound });
    this.environment.network.request(peer, request, this.codec.maxAnswerBytes, (bytes) => {
      const answer = bytes === undefined ? undefined : this.codec.decodeAnswer(bytes);
      const known = answer?.kind === 'decisions' ? answer : { decisions: undefined, head: 0 };
      this.feed({ type: 'caughtUp', peer, decisions: known.decisions, head: known.head });
    });
  }
}

function withoutBody<T extends { readonly body?: Uint8Array }>(message: T): Omit<T, 'body'> & T {
  const { body: _body, ...rest } = message;
  return rest as Omit<T, 'body'> & T;
}
