/**
 * A Byzantine peer is an honest machine whose network is in the hands of an adversary, who has its keys, sees what it
 * hears, and changes, adds, holds back and repeats what it says. The same wrapper stands around the simulator's
 * network (`adversary.ts`) and around the real one of a process (`test/support/byzantine-peer.ts`).
 */
import { bodyDigest } from '../src/crypto/body-digest.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { SignatureScheme } from '../src/crypto/schemes.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { UnverifiedContribution } from '../src/messages/contribution.ts';
import type { Channel, Message } from '../src/messages/message.ts';
import type { MessageCodec } from '../src/messages/message-codec.ts';
import type { UnverifiedProposal } from '../src/messages/proposal.ts';
import type { UnverifiedVote } from '../src/messages/vote.ts';
import { bindBody, BINDING_BYTES, carriedBy } from '../src/protocol/round/body-binding.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import type { NetworkHandlers, NetworkPort } from '../src/driver/environment.ts';
import type { Verdict } from '../src/messages/message.ts';
import type { Behaviour } from './behaviours.ts';
import { FalseAnswers } from './false-answers.ts';
import { Forgery } from './forgery.ts';

const MAX_RECORDED = 40;
const FLOOD = 12;
const LATE_MS = 1500;

/** What the adversary has in its hands. */
export interface AdversaryParts {
  readonly self: PeerId;
  readonly config: ProtocolConfig;
  readonly codec: MessageCodec;
  readonly keys: SignatureScheme;
  readonly random: SeededRandom;
  /** Further identities in its hands, without a machine. */
  readonly spare?: readonly { readonly peer: PeerId; readonly keys: SignatureScheme }[];
  later(delayMs: number, run: () => void): void;
  /** Sends to everyone on a channel whose number is chosen; without a choice to all of them. */
  tell(channel: Channel, bytes: Uint8Array, isChosen?: (peer: number) => boolean): void;
  /** Another body than the machine's own: one that is sound, or one of NaN and infinity. */
  forgeBody(own: Uint8Array, kind: 'other' | 'not-finite'): Uint8Array;
}

/** What goes out in place of one message: to everyone on its channel, or to some of them only. */
interface Outgoing {
  readonly message: Message;
  readonly half?: 0 | 1;
  readonly delayMs?: number;
}

export function corruptPort(
  port: NetworkPort,
  parts: AdversaryParts,
  kinds: readonly Behaviour[],
): NetworkPort {
  const adversary = new Adversary(parts, new Set(kinds));
  return {
    open: (handlers) => port.open(adversary.listening(handlers)),
    publish: (channel, bytes) => adversary.publish(channel, bytes),
    send: (to, bytes) => {
      if (!adversary.does('silent')) port.send(to, bytes);
    },
    push: (to, body) => {
      if (!adversary.does('silent')) port.push(to, body);
    },
    listen: (committee) => port.listen(committee),
    request: (to, request, maxAnswerBytes, done) => port.request(to, request, maxAnswerBytes, done),
    fetchBody: (digest, byteLength, from, done, kept) => port.fetchBody(digest, byteLength, from, done, kept),
    penalize: (peer, reason) => port.penalize(peer, reason),
    reachable: () => port.reachable(),
  };
}

class Adversary {
  private readonly parts: AdversaryParts;
  private readonly kinds: ReadonlySet<Behaviour>;
  private readonly forgery: Forgery;
  private readonly lies: FalseAnswers;
  private readonly recorded: Message[] = [];
  private readonly bodies = new Map<Digest, Uint8Array>();
  /** State and worker of each contribution that was copied. */
  private readonly copied = new Set<string>();
  private readonly accused = new Set<PeerId>();
  /** Seats that decisions gave to spare identities, and whether one took its own. */
  private readonly seated: Set<PeerId>;
  private alternative: UnverifiedContribution | undefined;
  private bodyOf: NetworkHandlers['body'] = () => undefined;

  constructor(parts: AdversaryParts, kinds: ReadonlySet<Behaviour>) {
    this.parts = parts;
    this.kinds = kinds;
    this.seated = new Set([parts.self]);
    this.lies = new FalseAnswers(parts.codec, parts.random, this.kinds);
    this.forgery = new Forgery(parts.self, parts.config, parts.keys, parts.random);
  }

  does(kind: Behaviour): boolean {
    return this.kinds.has(kind);
  }

  /** Hears what the machine hears, and answers in its place. */
  listening(handlers: NetworkHandlers): NetworkHandlers {
    this.bodyOf = (digest) => handlers.body(digest);
    return {
      met: (peer) => handlers.met(peer),
      receive: (bytes, from): Verdict => {
        const message = this.parts.codec.decode(bytes);
        if (message !== undefined) this.hear(message);
        return handlers.receive(bytes, from);
      },
      answer: (request, from, reply) => {
        if (this.does('silent')) return;
        const asked = this.parts.codec.decodeRequest(request);
        const body = asked?.kind === 'body' ? this.bodies.get(asked.digest) : undefined;
        if (body !== undefined) return reply(this.parts.codec.encodeAnswer({ kind: 'body', body }));
        handlers.answer(request, from, (answer) => reply(this.lies.falsify(answer)));
      },
      pushed: (body, from) => handlers.pushed(body, from),
      body: (digest) => {
        const body = this.bodies.get(digest) ?? handlers.body(digest);
        return body !== undefined && this.does('false-checkpoint') ? undefined : body;
      },
      storedBody: (digest, done) =>
        handlers.storedBody(digest, (body) => done(body && this.lies.falsifyPieces(body))),
    };
  }

  /** Some of the identities come or go; the own one seldom. */
  private wishes(): { peer: PeerId; keys: SignatureScheme; seated: boolean }[] {
    const { random, spare = [], self, keys } = this.parts;
    const own = random.next() < 0.1 ? [{ peer: self, keys }] : [];
    return [...spare.filter(() => random.next() < 0.7), ...own].map((identity) => ({
      ...identity,
      seated: this.seated.has(identity.peer),
    }));
  }

  private hear(message: Message): void {
    if (message.kind === 'decision') {
      for (const { kind, peer } of message.value.changes) {
        if (kind === 'join') this.seated.add(peer);
        else this.seated.delete(peer);
      }
    }
    const { recorded } = this;
    if (recorded.length < MAX_RECORDED) recorded.push(message);
    else recorded[this.parts.random.nextBelow(MAX_RECORDED)] = message;
    const copies = this.does('copy-contribution') || this.does('steal-contribution');
    if (copies && message.kind === 'contribution') this.copy(message);
    if (this.does('false-evidence') && message.kind === 'vote') this.accuse(message);
    if (this.does('abandon') && message.kind === 'proposal') {
      for (const abandon of this.forgery.abandons(message)) this.out('announcements', { message: abandon });
    }
  }

  publish(channel: Channel, bytes: Uint8Array): void {
    const { codec, random } = this.parts;
    const message = codec.decode(bytes);
    if (message === undefined || this.does('silent')) return;
    if (message.kind === 'decision') this.hear(message); // its own machine has decided
    for (const outgoing of this.change(message)) this.out(channel, outgoing);
    if (this.does('replay')) {
      const old = this.recorded[random.nextBelow(MAX_RECORDED)];
      if (old !== undefined) this.out(channel, { message: old });
    }
    if (this.does('malformed')) this.garbage(channel);
    if (this.does('flood') && message.kind === 'vote') {
      for (let i = 0; i < FLOOD; i++) {
        const view = message.view + random.nextBelow(1000);
        this.out(channel, { message: this.forgery.vote({ ...message, view }, this.forgery.anyDigest()) });
      }
    }
  }

  private out(channel: Channel, { message, half, delayMs }: Outgoing): void {
    const { codec } = this.parts;
    const bytes = codec.encode(message);
    const selective = this.does('selective');
    const isChosen = (to: number): boolean =>
      (half === undefined || to % 2 === half) && !(selective && to % 3 === 0);
    const chooses = half !== undefined || selective;
    this.parts.later(delayMs ?? 0, () => this.parts.tell(channel, bytes, chooses ? isChosen : undefined));
  }

  private garbage(channel: Channel): void {
    const { random } = this.parts;
    const length = random.next() < 0.2 ? 200_000 : random.nextBelow(200);
    this.parts.tell(
      channel,
      Uint8Array.from({ length }, () => random.nextBelow(256)),
    );
  }

  private change(message: Message): Outgoing[] {
    switch (message.kind) {
      case 'vote':
        return this.changeVote(message);
      case 'proposal':
        return this.changeProposal(message);
      case 'contribution':
        return this.changeContribution(message);
      default:
        return [{ message }];
    }
  }

  private changeVote(message: UnverifiedVote): Outgoing[] {
    const { forgery } = this;
    if (this.does('withhold-votes')) return [];
    if (this.does('vote-wrong-digest')) return [{ message: forgery.vote(message, forgery.anyDigest()) }];
    if (this.does('vote-without-lock') && message.value === null) {
      const seen = this.recorded.filter(
        (heard): heard is UnverifiedVote =>
          heard.kind === 'vote' && heard.value !== null && heard.anchor === message.anchor,
      );
      const value = seen.at(-1)?.value;
      if (value !== undefined) return [{ message: forgery.vote(message, value) }];
    }
    if (this.does('equivocate-votes')) {
      const other = message.value === null ? forgery.anyDigest() : null;
      return halves(message, forgery.vote(message, other));
    }
    return [{ message }];
  }

  private changeProposal(message: UnverifiedProposal): Outgoing[] {
    const { forgery } = this;
    if (this.does('withhold-proposals')) return [];
    if (message.value.author !== this.parts.self || message.polka !== undefined) return [{ message }];
    const { contributions } = message.value;
    if (this.does('seat-changes')) return [{ message: this.forgery.withSeatChanges(message, this.wishes()) }];
    if (this.does('false-beacon')) return [{ message: forgery.withFalseBeacon(message) }];
    if (this.does('false-evidence')) return [{ message: forgery.withFalseEvidence(message) }];
    if (this.does('censor')) {
      const kept = contributions.filter((_, i) => i >= Math.ceil(contributions.length / 2));
      return [{ message: forgery.propose(message, { contributions: kept }) }];
    }
    if (this.does('equivocate-proposals')) {
      return halves(message, forgery.propose(message, { contributions: contributions.slice(1) }));
    }
    return [{ message }];
  }

  private forgeContribution(
    at: UnverifiedContribution,
    kind: 'other' | 'not-finite',
  ): UnverifiedContribution {
    const own = at.body ?? this.bodyOf(at.digest) ?? new Uint8Array(0);
    const carried = own.subarray(0, Math.max(0, own.length - BINDING_BYTES));
    return this.contribute(at, this.parts.forgeBody(carried, kind));
  }

  private contribute(at: UnverifiedContribution, carried: Uint8Array): UnverifiedContribution {
    const body = bindBody(carried, { anchor: at.anchor, worker: this.parts.self });
    this.bodies.set(bodyDigest(body), body);
    return this.forgery.contribute(at, body);
  }

  private changeContribution(message: UnverifiedContribution): Outgoing[] {
    if (this.does('not-finite')) return [{ message: this.forgeContribution(message, 'not-finite') }];
    if (this.does('copy-contribution') || this.does('steal-contribution')) return [];
    if (this.does('late-contribution')) return [{ message, delayMs: LATE_MS }];
    if (this.does('two-contributions')) {
      if (this.alternative?.anchor !== message.anchor) {
        this.alternative = this.forgeContribution(message, 'other');
      }
      return halves(message, this.alternative);
    }
    return [{ message }];
  }

  /** Once for each worker and state: those that copy each other, in two rounds at a time, would go on without end. */
  private copy(message: UnverifiedContribution): void {
    const what = `${message.anchor} ${message.worker}`;
    if (message.worker === this.parts.self || this.copied.has(what)) return;
    this.copied.add(what);
    if (this.alternative?.anchor !== message.anchor) {
      const carried = message.body === undefined ? undefined : carriedBy(message.body, message);
      const steals = this.does('steal-contribution') && carried !== undefined;
      this.alternative = steals ? this.contribute(message, carried) : this.forgery.copy(message);
    }
    this.out('contributions', { message: this.alternative });
  }

  private accuse(vote: UnverifiedVote): void {
    if (vote.voter === this.parts.self || this.accused.has(vote.voter)) return;
    this.accused.add(vote.voter);
    for (const message of this.forgery.accusations(vote)) this.out('announcements', { message });
  }
}

function halves(one: Message, other: Message): Outgoing[] {
  return [
    { message: one, half: 0 },
    { message: other, half: 1 },
  ];
}
