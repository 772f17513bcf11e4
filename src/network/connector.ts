/**
 * Keeps connections: every configured address for as long as the transport runs, and peers from the book up to a target.
 * libp2p does not redial by itself after a cut. Dials run in parallel, waits double with jitter from the seeded
 * generator, and each configured address remembers in one sentence why it is not connected.
 */
import type { Multiaddr } from '@multiformats/multiaddr';
import type { SeededRandom } from '../foundation/seeded-random.ts';
import { peerOf, withoutPeer } from './addresses.ts';
import { MAX_PARALLEL_DIALS, REDIAL_FIRST_MS, REDIAL_LONGEST_MS, REDIAL_TICK_MS } from './limits.ts';
import type { NetworkHost } from './network-host.ts';
import type { PeerBook } from './peer-book.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { explainDial } from './transport-failure.ts';

/** A connection that lives this long was a success; one that ends before counts as a failed dial. */
const STABLE_AFTER_MS = 5_000;
/** Strangers can make it grow, and an operator has few addresses. */
const MAX_NOTED_PEERS = 64;

interface Target {
  readonly address: Multiaddr;
  readonly text: string;
  peer: PeerId | undefined;
  failures: number;
  nextDialMs: number;
  connectedSinceMs: number | undefined;
  dialling: boolean;
  /** The last dial of the address led to no peer. */
  failed: boolean;
  /** What the last dial found; where it led to a peer, what is to be said once that is gone. */
  reason: string;
}

export interface ConnectorOptions {
  readonly targetConnections: number;
  readonly random: SeededRandom;
  readonly isBanned: (peer: PeerId) => string | undefined;
}

/** How long to wait after so many failures: doubling, with a factor of 0.5 to 1.5 so that peers do not dial in step. */
export function redialWaitMs(failures: number, jitter: number): number {
  return Math.min(REDIAL_LONGEST_MS, REDIAL_FIRST_MS * 2 ** Math.min(failures, 16)) * (0.5 + jitter);
}

export class Connector {
  private readonly targets = new Map<string, Target>();
  private readonly dialling = new Set<PeerId>();
  /** Why peers are of no use to us, until they have stayed connected; the newest. */
  private readonly useless = new Map<PeerId, string>();
  private readonly stopped = new AbortController();
  private running = 0;
  private timer: NodeJS.Timeout | undefined;
  private readonly host: NetworkHost;
  private readonly book: PeerBook;
  private readonly options: ConnectorOptions;

  constructor(host: NetworkHost, book: PeerBook, options: ConnectorOptions) {
    this.host = host;
    this.book = book;
    this.options = options;
  }

  start(): void {
    this.timer = setInterval(() => this.tick(), REDIAL_TICK_MS);
    this.tick();
  }

  stop(): void {
    clearInterval(this.timer);
    this.timer = undefined;
    this.stopped.abort();
  }

  keep(addresses: readonly Multiaddr[]): void {
    for (const address of addresses) {
      const text = address.toString();
      if (this.targets.has(text)) continue;
      this.targets.set(text, {
        address,
        text,
        peer: peerOf(address),
        failures: 0,
        nextDialMs: 0,
        connectedSinceMs: undefined,
        dialling: false,
        failed: false,
        reason: 'not dialled yet',
      });
    }
    if (this.timer !== undefined) this.tick();
  }

  /** Why a peer is of no use to us (another experiment). It may be told before the dial that led there has ended. */
  note(peer: PeerId, reason: string): void {
    this.useless.delete(peer);
    this.useless.set(peer, reason);
    const [oldest] = this.useless.keys();
    if (this.useless.size > MAX_NOTED_PEERS && oldest !== undefined) this.useless.delete(oldest);
  }

  diagnose(): string[] {
    const own = new Set(this.ownBare());
    return [...this.targets.values()]
      .filter((target) => !this.isOwn(target, own) && !this.isUp(target))
      .map((target) => {
        const ban = target.peer === undefined ? undefined : this.options.isBanned(target.peer);
        return `${target.text}: ${ban === undefined ? this.whyNot(target) : `banned by us for a while: ${ban}`}`;
      });
  }

  /** Of an address that the peer did not answer at, the dial knows better what is wrong there. */
  private whyNot({ failed, reason, peer }: Target): string {
    const noted = peer === undefined ? undefined : this.useless.get(peer);
    return failed ? reason : (noted ?? reason);
  }

  private tick(): void {
    const nowMs = Date.now();
    const connected = new Set(this.host.connectedPeers());
    let known: ReadonlySet<string> | undefined;
    const own = (): ReadonlySet<string> => (known ??= new Set(this.ownBare()));
    for (const target of this.targets.values()) this.consider(target, connected, own, nowMs);
    const wanted = this.options.targetConnections - connected.size - this.dialling.size;
    if (wanted <= 0) return;
    const due = this.book
      .due(nowMs)
      .filter(
        (peer) =>
          !this.dialling.has(peer) &&
          !connected.has(peer) &&
          this.options.isBanned(peer) === undefined &&
          this.host.dialMemory.refusal(peer, nowMs) === undefined,
      );
    for (const peer of this.options.random.shuffle(due).slice(0, wanted)) this.dialPeer(peer);
  }

  private consider(
    target: Target,
    connected: ReadonlySet<PeerId>,
    own: () => ReadonlySet<string>,
    nowMs: number,
  ): void {
    if (target.dialling) return;
    if (target.peer !== undefined && connected.has(target.peer)) {
      target.connectedSinceMs ??= nowMs;
      if (nowMs - target.connectedSinceMs < STABLE_AFTER_MS) return;
      target.failures = 0;
      this.useless.delete(target.peer);
      return;
    }
    if (target.connectedSinceMs !== undefined) {
      const stable = nowMs - target.connectedSinceMs >= STABLE_AFTER_MS;
      target.connectedSinceMs = undefined;
      this.postpone(target, stable ? 0 : target.failures + 1, nowMs);
      if (stable) target.nextDialMs = nowMs;
    }
    if (nowMs < target.nextDialMs || this.running >= MAX_PARALLEL_DIALS) return;
    if (target.peer !== undefined && this.options.isBanned(target.peer) !== undefined) return;
    if (!this.isOwn(target, own())) return this.dialTarget(target);
    target.nextDialMs = nowMs + REDIAL_LONGEST_MS;
    if (target.failures === 0 && target.peer === this.host.self) this.tryOwn(target);
  }

  /** Once: an address under our own id where we do not listen ourselves may be another process with our key. */
  private tryOwn(target: Target): void {
    target.failures = 1;
    const bare = withoutPeer(target.address);
    if (this.ownBare().includes(bare.toString())) return;
    this.dial(bare).catch((error: unknown) =>
      this.host.log('debug', `own address ${target.text}: ${explainDial(error)}`),
    );
  }

  private dialTarget(target: Target): void {
    target.dialling = true;
    this.dial(target.address)
      .then((peer) => {
        target.peer = peer;
        target.reason = 'was connected, then the connection ended';
        target.failed = false;
        target.connectedSinceMs = Date.now();
      })
      .catch((error: unknown) => {
        target.reason = explainDial(error);
        target.failed = true;
        const peer = peerOf(target.address);
        if (peer === undefined) target.peer = undefined;
        else if (!this.stopped.signal.aborted) this.noteFailure(peer, target);
        this.postpone(target, target.failures + 1, Date.now());
      })
      .finally(() => {
        target.dialling = false;
        if (this.timer !== undefined) this.tick(); // another may wait for the room
      });
  }

  /** So that nobody waits for a dial of this peer in the path of a round. */
  private noteFailure(peer: PeerId, { text, reason }: Target): void {
    if (this.host.isConnected(peer)) return;
    const why = `${peer} cannot be reached at ${text}: ${reason}`;
    this.host.dialMemory.failed(peer, why, Date.now());
  }

  private dialPeer(peer: PeerId): void {
    if (this.running >= MAX_PARALLEL_DIALS) return;
    this.dialling.add(peer);
    this.running += 1;
    this.host
      .dialPeer(peer, this.book.addresses(peer))
      .then(() => this.book.dialled(peer, true, Date.now()))
      .catch(() => this.book.dialled(peer, false, Date.now()))
      .finally(() => {
        this.running -= 1;
        this.dialling.delete(peer);
      });
  }

  private async dial(address: Multiaddr): Promise<PeerId> {
    this.running += 1;
    try {
      const signal = AbortSignal.any([this.stopped.signal, AbortSignal.timeout(this.host.times.dialMs)]);
      const connection = await this.host.dial([address], signal);
      return connection.remotePeer.toString();
    } finally {
      this.running -= 1;
    }
  }

  private postpone(target: Target, failures: number, nowMs: number): void {
    target.failures = failures;
    target.nextDialMs = nowMs + redialWaitMs(failures, this.options.random.next());
  }

  private isUp(target: Target): boolean {
    return target.peer !== undefined && this.host.isConnected(target.peer);
  }

  /** A list of addresses is often shared by all peers, so our own is in it. */
  private isOwn(target: Target, own: ReadonlySet<string>): boolean {
    return target.peer === this.host.self || own.has(withoutPeer(target.address).toString());
  }

  private ownBare(): string[] {
    return this.host.addresses().map((address) => address.split('/p2p/')[0] ?? '');
  }
}
