/**
 * A Byzantine peer: an honest machine whose network is in the hands of an adversary, who has its keys, sees what it
 * hears, and changes, adds, holds back and repeats what it says.
 */
import { bodyDigest } from '../src/crypto/body-digest.ts';
import { digestOf } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { SignatureScheme } from '../src/crypto/schemes.ts';
import { bytesOf } from '../src/foundation/bytes.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { UnverifiedContribution } from '../src/messages/contribution.ts';
import type { Channel, Message } from '../src/messages/message.ts';
import type { UnverifiedProposal, Value } from '../src/messages/proposal.ts';
import type { UnverifiedVote } from '../src/messages/vote.ts';
import {
  abandonBytes,
  contentDigest,
  contributionBytes,
  proposalBytes,
  voteBytes,
} from '../src/protocol/statements.ts';
import type { NetworkHandlers, NetworkPort, Verdict } from '../src/runtime/environment.ts';
import type { Behaviour } from './behaviours.ts';
import { fakeSignatures } from './fake-schemes.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { SimulatedPeer } from './simulated-peer.ts';
import { SURROGATE_DIMENSION } from './surrogate-application.ts';

const MAX_RECORDED = 40;
const FLOOD = 12;
const NEVER = '00'.repeat(32);

/** What goes out in place of one message: to everyone on its channel, or to some of them only. */
interface Outgoing {
  readonly message: Message;
  readonly half?: 0 | 1;
  readonly delayMs?: number;
}

export function corrupt(
  port: NetworkPort,
  peer: SimulatedPeer,
  network: SimulatedNetwork,
  kinds: readonly Behaviour[],
  random: SeededRandom,
): NetworkPort {
  const adversary = new Adversary(peer, network, new Set(kinds), random);
  return {
    ...port,
    open: (handlers) => port.open(adversary.listening(handlers)),
    publish: (channel, bytes) => adversary.publish(channel, bytes),
    send: (to, bytes) => {
      if (!adversary.does('silent')) port.send(to, bytes);
    },
  };
}

class Adversary {
  private readonly peer: SimulatedPeer;
  private readonly network: SimulatedNetwork;
  private readonly kinds: ReadonlySet<Behaviour>;
  private readonly random: SeededRandom;
  private readonly keys: SignatureScheme;
  private readonly recorded: Message[] = [];
  private readonly bodies = new Map<string, Uint8Array>();
  private readonly accused = new Set<PeerId>();
  private alternative: UnverifiedContribution | undefined;

  constructor(
    peer: SimulatedPeer,
    network: SimulatedNetwork,
    kinds: ReadonlySet<Behaviour>,
    random: SeededRandom,
  ) {
    this.peer = peer;
    this.network = network;
    this.kinds = kinds;
    this.random = random;
    this.keys = fakeSignatures(peer.id);
  }

  does(kind: Behaviour): boolean {
    return this.kinds.has(kind);
  }

  private get experiment(): string {
    return this.peer.setup.config.experiment;
  }

  /** Hears what the machine hears, and answers in its place. */
  listening(handlers: NetworkHandlers): NetworkHandlers {
    return {
      receive: (bytes, from): Verdict => {
        const message = this.peer.setup.codec.decode(bytes);
        if (message !== undefined) this.hear(message);
        return handlers.receive(bytes, from);
      },
      answer: (request, from, reply) => {
        if (this.does('silent')) return;
        handlers.answer(request, from, (answer) => reply(this.falsify(answer)));
      },
      body: (digest) => {
        const body = this.bodies.get(digest) ?? handlers.body(digest);
        return body !== undefined && this.does('false-checkpoint') ? undefined : body;
      },
    };
  }

  private falsify(answer: Uint8Array): Uint8Array {
    const { codec } = this.peer.setup;
    const decoded = codec.decodeAnswer(answer);
    if (this.does('false-checkpoint') && decoded?.kind === 'checkpoint') {
      const state = new Uint8Array(decoded.byteLength).fill(7);
      this.bodies.set(bodyDigest(state), state);
      return codec.encodeAnswer({ ...decoded, pieces: [bodyDigest(state)] });
    }
    if (this.does('false-checkpoint') && decoded?.kind === 'body') {
      return codec.encodeAnswer({ kind: 'body', body: new Uint8Array(decoded.body.length) });
    }
    if (this.does('false-head') && decoded?.kind === 'decisions') {
      const decisions = decoded.decisions.map((decision) => ({
        ...decision,
        outcome: { ...decision.outcome, applicationDigest: NEVER },
      }));
      return codec.encodeAnswer({ kind: 'decisions', decisions, head: decoded.head + 1000 });
    }
    return answer;
  }

  private hear(message: Message): void {
    if (this.recorded.length < MAX_RECORDED) this.recorded.push(message);
    else this.recorded[this.random.nextBelow(MAX_RECORDED)] = message;
    if (this.does('copy-contribution') && message.kind === 'contribution') this.copy(message);
    if (this.does('false-evidence') && message.kind === 'vote') this.accuse(message);
    if (this.does('abandon') && message.kind === 'proposal') this.abandon(message);
  }

  publish(channel: Channel, bytes: Uint8Array): void {
    const message = this.peer.setup.codec.decode(bytes);
    if (message === undefined || this.does('silent')) return;
    for (const outgoing of this.change(message)) this.out(channel, outgoing);
    if (this.does('replay')) {
      const old = this.recorded[this.random.nextBelow(MAX_RECORDED)];
      if (old !== undefined) this.out(channel, { message: old });
    }
    if (this.does('malformed')) this.garbage(channel);
    if (this.does('flood') && message.kind === 'vote') {
      for (let i = 0; i < FLOOD; i++) {
        const view = message.view + this.random.nextBelow(1000);
        this.out(channel, { message: this.vote({ ...message, view }, this.anyDigest()) });
      }
    }
  }

  private out(channel: Channel, { message, half, delayMs }: Outgoing): void {
    const { codec, world } = this.peer.setup;
    const bytes = codec.encode(message);
    const selective = this.does('selective');
    world.schedule(delayMs ?? 0, () => {
      for (const to of this.network.audience(channel, this.peer.index)) {
        if (half !== undefined && to % 2 !== half) continue;
        if (selective && to % 3 === 0) continue;
        this.network.deliver(this.peer.index, to, bytes, this.peer.id);
      }
    });
  }

  private garbage(channel: Channel): void {
    const length = this.random.next() < 0.2 ? 200_000 : this.random.nextBelow(200);
    const bytes = Uint8Array.from({ length }, () => this.random.nextBelow(256));
    for (const to of this.network.audience(channel, this.peer.index)) {
      this.network.deliver(this.peer.index, to, bytes, this.peer.id);
    }
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

  private anyDigest(): string {
    return digestOf('adversary', this.random.nextUint32());
  }

  private vote(at: UnverifiedVote, value: string | null): UnverifiedVote {
    const signature = this.keys.sign(voteBytes(this.experiment, at, value));
    return { ...at, voter: this.peer.id, value, signature };
  }

  private changeVote(message: UnverifiedVote): Outgoing[] {
    if (this.does('withhold-votes')) return [];
    if (this.does('vote-wrong-digest')) return [{ message: this.vote(message, this.anyDigest()) }];
    if (this.does('vote-without-lock') && message.value === null) {
      const seen = this.recorded.filter(
        (heard): heard is UnverifiedVote =>
          heard.kind === 'vote' && heard.value !== null && heard.anchor === message.anchor,
      );
      const value = seen.at(-1)?.value;
      if (value !== undefined) return [{ message: this.vote(message, value) }];
    }
    if (this.does('equivocate-votes')) {
      const other = message.value === null ? this.anyDigest() : null;
      return [
        { message, half: 0 },
        { message: this.vote(message, other), half: 1 },
      ];
    }
    return [{ message }];
  }

  private propose(message: UnverifiedProposal, changed: Partial<Value>): UnverifiedProposal {
    const unsigned = { ...message.value, ...changed };
    const signature = this.keys.sign(proposalBytes(this.experiment, unsigned, contentDigest(unsigned)));
    return { ...message, value: { ...unsigned, signature }, signature };
  }

  private changeProposal(message: UnverifiedProposal): Outgoing[] {
    if (this.does('withhold-proposals')) return [];
    if (message.value.author !== this.peer.id || message.polka !== undefined) return [{ message }];
    const { contributions } = message.value;
    if (this.does('false-beacon')) {
      const beaconProof = bytesOf(Uint32Array.of(this.random.nextUint32()));
      return [{ message: this.propose(message, { beaconProof }) }];
    }
    if (this.does('false-evidence')) {
      const peers = this.peer.setup.config.genesis.peers;
      const victim = peers[this.random.nextBelow(peers.length)] as PeerId;
      const slot = { about: 'contribution', round: 0, anchor: NEVER } as const;
      const statement = {
        about: 'contribution',
        digest: NEVER,
        byteLength: 1,
        signature: message.signature,
      } as const;
      const second = { ...statement, byteLength: 2 };
      const changes = [{ kind: 'evidence', peer: victim, slot, first: statement, second }] as const;
      return [{ message: this.propose(message, { changes }) }];
    }
    if (this.does('censor')) {
      const kept = contributions.filter((_, i) => i >= Math.ceil(contributions.length / 2));
      return [{ message: this.propose(message, { contributions: kept }) }];
    }
    if (this.does('equivocate-proposals')) {
      const other = this.propose(message, { contributions: contributions.slice(1) });
      return [
        { message, half: 0 },
        { message: other, half: 1 },
      ];
    }
    return [{ message }];
  }

  private contribute(at: UnverifiedContribution, body: Uint8Array): UnverifiedContribution {
    const digest = bodyDigest(body);
    this.bodies.set(digest, body);
    const { body: _body, ...rest } = at;
    const unsigned = { ...rest, worker: this.peer.id, digest, byteLength: body.length };
    const signature = this.keys.sign(contributionBytes(this.experiment, unsigned));
    const inline = body.length <= this.peer.setup.config.inlineBytes ? { body } : {};
    return { ...unsigned, signature, ...inline };
  }

  private changeContribution(message: UnverifiedContribution): Outgoing[] {
    if (this.does('not-finite')) {
      const body = bytesOf(
        new Float64Array(SURROGATE_DIMENSION).fill(this.random.next() < 0.5 ? NaN : Infinity),
      );
      return [{ message: this.contribute(message, body) }];
    }
    if (this.does('copy-contribution')) return [];
    if (this.does('late-contribution')) return [{ message, delayMs: 1500 }];
    if (this.does('two-contributions')) {
      if (this.alternative?.anchor !== message.anchor) {
        const body = bytesOf(new Float64Array(SURROGATE_DIMENSION).fill(this.random.next()));
        this.alternative = this.contribute(message, body);
      }
      return [
        { message, half: 0 },
        { message: this.alternative, half: 1 },
      ];
    }
    return [{ message }];
  }

  private copy(message: UnverifiedContribution): void {
    if (message.worker === this.peer.id) return;
    const { digest, byteLength } = message;
    if (this.alternative?.anchor !== message.anchor) {
      const unsigned = { ...message, worker: this.peer.id, digest, byteLength };
      const signature = this.keys.sign(contributionBytes(this.experiment, unsigned));
      this.alternative = { ...unsigned, signature };
    }
    this.out('contributions', { message: this.alternative });
  }

  /** Two statements of which the victim signed one at most. */
  private accuse(vote: UnverifiedVote): void {
    if (vote.voter === this.peer.id || this.accused.has(vote.voter)) return;
    this.accused.add(vote.voter);
    const { phase, round, attempt, view, anchor, voter, value, signature } = vote;
    const slot = { about: 'vote', phase, round, attempt, view, anchor } as const;
    const first = { about: 'vote', value, signature } as const;
    const second = { about: 'vote', value: this.anyDigest(), signature } as const;
    this.out('announcements', { message: { kind: 'evidence', peer: voter, slot, first, second } });
    this.out('announcements', {
      message: { kind: 'evidence', peer: voter, slot, first: second, second: first },
    });
  }

  private abandon({ round, attempt, anchor }: UnverifiedProposal): void {
    for (const holds of [null, { attempt, value: this.anyDigest() }]) {
      const at = { round, attempt, anchor };
      const signature = this.keys.sign(abandonBytes(this.experiment, at, holds));
      this.out('announcements', {
        message: { kind: 'abandon', ...at, peer: this.peer.id, holds, signature },
      });
    }
  }
}
