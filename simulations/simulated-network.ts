/**
 * A network without relays: what a peer publishes goes straight to everyone on the channel, each copy with its own
 * delay and its own fate. Harsher than gossip, where others pass a message on. While faults last, copies are lost,
 * doubled, delayed, and cut links swallow everything.
 */
import { bodyDigest, pieceList } from '../src/crypto/body-digest.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { Digest } from '../src/crypto/hash.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { Channel, Message, MessageKind } from '../src/messages/message.ts';
import type { VotePhase } from '../src/messages/vote.ts';
import type { KeptFetch, NetworkHandlers, NetworkPort } from '../src/driver/environment.ts';
import { servedBody } from './served-body.ts';
import { Processor } from './processor.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface LinkFaults {
  readonly latency: 'constant' | 'uniform' | 'exponential' | 'heavy-tailed';
  readonly meanDelayMs: number;
  /** In 0 .. 1, of every copy. */
  readonly loss: number;
  readonly duplication: number;
  /** Loss on top of it for some kinds of messages: a network that takes sides. */
  readonly lossByKind?: Readonly<Partial<Record<KindOfCopy, number>>>;
}

export type KindOfCopy = Exclude<MessageKind, 'vote'> | VotePhase | 'request';

/** From when to when no copy goes from any of `from` to any of `to`. */
export interface Cut {
  readonly fromMs: number;
  readonly toMs: number;
  readonly from: ReadonlySet<number>;
  readonly to: ReadonlySet<number>;
}

export const CALM_LINKS: LinkFaults = { latency: 'uniform', meanDelayMs: 20, loss: 0, duplication: 0 };

const REQUEST_TIMEOUT_MS = 1000;

export interface Traffic {
  messages: number;
  bytes: number;
}

interface Port {
  readonly index: number;
  handlers: NetworkHandlers | undefined;
  committee: boolean;
}

export class SimulatedNetwork {
  links: LinkFaults;
  cuts: readonly Cut[];
  /** Multiplies the delays of a peer's copies. */
  readonly slowness: number[] = [];
  /** Per peer. */
  readonly processors: Processor[] = [];
  readonly sent: Traffic[] = [];
  readonly received: Traffic[] = [];
  private readonly world: VirtualWorld;
  private readonly random: SeededRandom;
  private readonly decode: (bytes: Uint8Array) => Message | undefined;
  private readonly ports: Port[] = [];
  private readonly indexOf = new Map<PeerId, number>();

  constructor(
    world: VirtualWorld,
    random: SeededRandom,
    links: LinkFaults,
    cuts: readonly Cut[],
    decode: (bytes: Uint8Array) => Message | undefined,
  ) {
    this.world = world;
    this.decode = decode;
    this.random = random;
    this.links = links;
    this.cuts = cuts;
  }

  /** Adds a peer; its port stays when the peer crashes, and is opened anew when it is back. */
  add(peer: PeerId): number {
    const index = this.ports.length;
    this.ports.push({ index, handlers: undefined, committee: false });
    this.sent.push({ messages: 0, bytes: 0 });
    this.received.push({ messages: 0, bytes: 0 });
    this.slowness.push(1);
    this.processors.push(new Processor());
    this.indexOf.set(peer, index);
    return index;
  }

  crash(index: number): void {
    const port = this.ports[index] as Port;
    port.handlers = undefined;
    port.committee = false;
  }

  private delay(from: number, to: number): number {
    const { latency, meanDelayMs: mean } = this.links;
    const slow = Math.max(this.slowness[from] ?? 1, this.slowness[to] ?? 1);
    const u = this.random.next();
    switch (latency) {
      case 'constant':
        return mean * slow;
      case 'uniform':
        return 2 * mean * u * slow;
      case 'exponential':
        return -mean * Math.log(1 - u) * slow;
      case 'heavy-tailed':
        return Math.min((mean / 2) * (1 / Math.sqrt(1 - u)), 100 * mean) * slow;
    }
  }

  private isCut(from: number, to: number): boolean {
    const { now } = this.world;
    return this.cuts.some(
      (cut) => now >= cut.fromMs && now < cut.toMs && cut.from.has(from) && cut.to.has(to),
    );
  }

  /** Copies of one message that arrive, as their delays. */
  private fates(from: number, to: number): number[] {
    if (this.isCut(from, to)) return [];
    const { loss, duplication } = this.links;
    if (loss > 0 && this.random.next() < loss) return [];
    const delays = [this.delay(from, to)];
    if (duplication > 0 && this.random.next() < duplication) delays.push(this.delay(from, to));
    return delays;
  }

  /** Sends one copy; `arrive` runs at the receiver. */
  private carry(from: number, to: number, bytes: number, arrive: (handlers: NetworkHandlers) => void): void {
    count(this.sent[from], bytes);
    const handle = (): void => {
      const { handlers } = this.ports[to] as Port;
      if (handlers === undefined || this.isCut(from, to)) return;
      count(this.received[to], bytes);
      arrive(handlers);
    };
    const take = (): void => {
      const waitsMs = this.processors[to]?.take(this.world.now);
      if (waitsMs === 0) handle();
      else if (waitsMs !== undefined) this.world.schedule(waitsMs, handle);
    };
    for (const delayMs of this.fates(from, to)) this.world.schedule(delayMs, take);
  }

  deliver(from: number, to: number, bytes: Uint8Array, peer: PeerId): void {
    const { lossByKind } = this.links;
    if (lossByKind !== undefined) {
      const message = this.decode(bytes);
      const kind = message?.kind === 'vote' ? message.phase : message?.kind;
      if (kind !== undefined && this.random.next() < (lossByKind[kind] ?? 0)) return;
    }
    this.carry(from, to, bytes.length, (handlers) => {
      this.world.trace(this.world.now, from, to, bytes.length);
      handlers.receive(bytes, peer);
    });
  }

  /** Who listens to a channel now. */
  audience(channel: Channel, except: number): number[] {
    return this.ports
      .filter((port) => port.index !== except && (channel === 'announcements' || port.committee))
      .map(({ index }) => index);
  }

  portOf(peer: PeerId, index: number): NetworkPort {
    const port = this.ports[index] as Port;
    const at = (other: PeerId): number | undefined => this.indexOf.get(other);
    return {
      open: (handlers) => {
        port.handlers = handlers;
        this.introduce(index, peer);
      },
      publish: (channel, bytes) => {
        for (const to of this.audience(channel, index)) this.deliver(index, to, bytes, peer);
      },
      send: (to, bytes) => {
        const other = at(to);
        if (other !== undefined && other !== index) this.deliver(index, other, bytes, peer);
      },
      push: (to, body) => {
        const other = at(to);
        if (other === undefined || other === index) return;
        this.carry(index, other, body.length, (handlers) => void handlers.pushed(body, peer));
      },
      listen: (committee) => {
        port.committee = committee;
      },
      request: (to, request, _maxAnswerBytes, done) => this.request(index, at(to), peer, request, done),
      fetchBody: (digest, _byteLength, from, done, kept) => {
        const { handlers } = port;
        // what a crashed peer asked for reaches nobody, though it may have started again meanwhile
        const received = (body: Uint8Array | undefined): void => {
          if (port.handlers === handlers) done(body);
        };
        this.fetch(index, digest, from, received, kept);
      },
      penalize: () => {},
      reachable: () => [...this.indexOf.keys()],
    };
  }

  /** A peer that opens its port and each other one that is up come within each other's reach. */
  private introduce(index: number, peer: PeerId): void {
    for (const [other, at] of this.indexOf) {
      if (at === index || this.ports[at]?.handlers === undefined) continue;
      this.carry(index, at, 0, (handlers) => handlers.met(peer));
      this.carry(at, index, 0, (handlers) => handlers.met(other));
    }
  }

  private request(
    from: number,
    to: number | undefined,
    peer: PeerId,
    request: Uint8Array,
    done: (answer: Uint8Array | undefined) => void,
  ): void {
    let open = true;
    const finish = (answer: Uint8Array | undefined): void => {
      if (!open) return;
      open = false;
      done(answer);
    };
    this.world.schedule(REQUEST_TIMEOUT_MS, () => finish(undefined));
    if (to === undefined || to === from) return;
    if (this.random.next() < (this.links.lossByKind?.request ?? 0)) return;
    this.carry(from, to, request.length, (handlers) =>
      handlers.answer(request, peer, (answer) => this.carry(to, from, answer.length, () => finish(answer))),
    );
  }

  /**
   * Asks the peers one after another, each with half of a request's patience. Of a body whose pieces are kept the list
   * comes first and the pieces a round trip later: the peer may crash, and the holder be gone, in between.
   */
  private fetch(
    from: number,
    digest: Digest,
    peers: readonly PeerId[],
    done: (body: Uint8Array | undefined) => void,
    kept: KeptFetch | undefined,
  ): void {
    const [peer, ...others] = peers;
    const to = peer === undefined ? undefined : this.indexOf.get(peer);
    if (peer === undefined) return done(undefined);
    if (to === undefined || to === from) return this.fetch(from, digest, others, done, kept);
    const { handlers } = this.ports[from] as Port;
    let open = true;
    let isListed = kept === undefined;
    const finish = (body: Uint8Array | undefined): void => {
      if (!open) return;
      open = false;
      if (body !== undefined) done(body);
      else this.fetch(from, digest, others, done, kept);
    };
    const arrived = (body: Uint8Array | undefined): void => {
      if (body === undefined || isListed) return finish(body);
      if (!open || (this.ports[from] as Port).handlers !== handlers) return;
      isListed = true;
      kept?.partial.begin(pieceList(body));
      ask();
    };
    const ask = (): void =>
      this.carry(from, to, 64, (holder) => {
        servedBody(holder, digest, (body) => {
          const isTrue = body !== undefined && bodyDigest(body) === digest;
          this.carry(to, from, body?.length ?? 16, () => arrived(isTrue ? body : undefined));
        });
      });
    this.world.schedule(REQUEST_TIMEOUT_MS / 2, () => finish(undefined));
    ask();
  }
}

function count(traffic: Traffic | undefined, bytes: number): void {
  if (traffic === undefined) return;
  traffic.messages += 1;
  traffic.bytes += bytes;
}
