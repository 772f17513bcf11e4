/**
 * Finds another process that runs with our own key. Two such processes sign different things in the same place, and
 * each takes half of what is meant for the other. libp2p refuses a connection to oneself, so they meet in two ways:
 * the handshake at an address shows our own key, or a peer that both are connected to passes a question on.
 * Whoever came later is told so as `second`. That rests on an answer to a nonce of our own, signed with our key, and so
 * on nobody's word. A connection that outlived its process gives no answer, so a quick restart is not told of its
 * former self.
 */
import { randomBytes } from 'node:crypto';
import type { Connection } from '@libp2p/interface';
import type { PeerId } from '../crypto/peer-id.ts';
import { PeerKey } from '../crypto/peer-key.ts';
import type { DirectStreams } from './direct-streams.ts';
import {
  MAX_TWIN_FORWARDS,
  MAX_TWIN_QUESTIONS,
  TWIN_ANSWER_MS,
  TWIN_ASK_EVERY_MS,
  TWIN_QUESTION_GAP_MS,
} from './limits.ts';
import type { NetworkHost } from './network-host.ts';
import { decodeTwin, encodeTwin, isSigned, MAX_TWIN_BYTES, signLife, TWIN_PROTOCOL } from './twin-wire.ts';
import type { SignOfLife, Twin, TwinFrame } from './twin-wire.ts';

export type { Twin } from './twin-wire.ts';

const NOTHING = new Uint8Array(0);
const NONCE_BYTES = 16;
/** Older questions may be somebody's recording. */
const QUESTION_LIFE_MS = 60_000;
/** A process that meets its own key at an address so soon after its start is the one that came later. */
const JUST_STARTED_MS = 15_000;
/** A dial of ourselves, round about through a router, shows at both of its ends within this time. */
const HANDSHAKE_WINDOW_MS = 1_000;
const TELL_AGAIN_AFTER_MS = 600_000;
/** A question that is passed on costs its network dozens of requests: those to the first peers are, later ones in turn. */
const PASSED_ON_AT_START = 2;

export interface TwinWatchParts {
  readonly host: NetworkHost;
  readonly streams: DirectStreams;
  /** Others are strangers: their questions share one turn. */
  readonly isSeated: (peer: PeerId) => boolean;
  readonly onTwin: (twin: Twin) => void;
}

/** Whose turn it is among strangers: a new key costs nothing, so each of its own would be as many as they like. */
const STRANGERS = 'strangers';

export class TwinWatch {
  private readonly instance = randomBytes(NONCE_BYTES).toString('hex');
  private readonly startedMs = performance.now();
  private readonly key: PeerKey;
  private readonly host: NetworkHost;
  private readonly streams: DirectStreams;
  private readonly isSeated: (peer: PeerId) => boolean;
  private readonly onTwin: (twin: Twin) => void;
  private readonly stopped = new AbortController();
  /** Processes that asked lately, the oldest first. */
  private readonly askedAtMs = new Map<string, number>();
  private readonly answered = new Set<() => void>();
  private readonly handshakes = { inbound: 0, outbound: 0 };
  private handshakeTimer: NodeJS.Timeout | undefined;
  private timer: NodeJS.Timeout | undefined;
  private toldMs = -Infinity;
  private isAnswered = false;
  private met = 0;

  constructor(seed: Uint8Array, { host, streams, isSeated, onTwin }: TwinWatchParts) {
    this.key = new PeerKey(seed);
    this.host = host;
    this.streams = streams;
    this.isSeated = isSeated;
    this.onTwin = onTwin;
  }

  async start(): Promise<void> {
    await this.streams.handle(
      TWIN_PROTOCOL,
      (request, from) => this.answer(decodeTwin(request), from),
      MAX_TWIN_BYTES,
    );
    let turn = 0;
    this.timer = setInterval(() => {
      const peers = this.host.connectedPeers();
      const peer = peers[(turn += 1) % Math.max(1, peers.length)];
      if (peer !== undefined) this.ask(peer, 1);
    }, TWIN_ASK_EVERY_MS);
  }

  stop(): void {
    clearInterval(this.timer);
    clearTimeout(this.handshakeTimer);
    this.stopped.abort();
    for (const resolve of this.answered) resolve();
  }

  /** A peer is connected that was not. */
  meet(peer: PeerId): void {
    this.met += 1;
    this.ask(peer, this.met <= PASSED_ON_AT_START ? 1 : 0);
  }

  /** Resolves when a peer has been asked and has answered, one way or the other, and after the time at the latest. */
  firstAnswer(withinMs: number): Promise<void> {
    if (this.isAnswered || this.stopped.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => {
      const finish = (): void => {
        clearTimeout(timer);
        this.answered.delete(finish);
        resolve();
      };
      const timer = setTimeout(finish, withinMs);
      this.answered.add(finish);
    });
  }

  /** Asks a peer whether it, or with a hop more one that it is connected to, knows another process with our key. */
  private ask(peer: PeerId, hops: 0 | 1): void {
    const nonce = randomBytes(NONCE_BYTES).toString('hex');
    const question = this.frame('question', nonce, hops);
    this.exchange(peer, question)
      .then((answer) => {
        if (answer !== undefined && this.isOther(answer, nonce))
          this.found(answer.life.upMs, `...${peer.slice(-6)} passed on its answer`);
        if (hops === 0) return;
        this.isAnswered = true;
        for (const resolve of [...this.answered]) resolve();
      })
      .catch(() => undefined);
  }

  /** The handshake of a connection showed our own key at the other end. */
  sawOwnKey(address: string, direction: 'inbound' | 'outbound'): void {
    this.handshakes[direction] += 1;
    clearTimeout(this.handshakeTimer);
    this.handshakeTimer = setTimeout(() => {
      const { inbound, outbound } = this.handshakes;
      Object.assign(this.handshakes, { inbound: 0, outbound: 0 });
      if (inbound === outbound) return; // we met ourselves
      const role = outbound > inbound && this.upMs < JUST_STARTED_MS ? 'second' : 'first';
      this.tell({ role, how: `it ${outbound > inbound ? 'answers at' : 'came from'} ${address}` });
    }, HANDSHAKE_WINDOW_MS);
  }

  private get upMs(): number {
    return Math.round(performance.now() - this.startedMs);
  }

  private frame(kind: SignOfLife['kind'], nonce: string, hops: number): TwinFrame {
    const { instance, upMs } = this;
    const life: SignOfLife = { kind, peer: this.host.self, instance, upMs, atMs: Date.now(), nonce };
    return { hops, life, signature: signLife(this.key, life) };
  }

  private isOther(frame: TwinFrame, nonce: string): boolean {
    const { kind, peer, instance } = frame.life;
    const isAnswer = kind === 'answer' && peer === this.host.self && frame.life.nonce === nonce;
    return isAnswer && instance !== this.instance && isSigned(frame);
  }

  private found(otherUpMs: number, how: string): void {
    const role = otherUpMs > this.upMs ? 'second' : 'first';
    this.tell({ role, how: `${how}; it has been up for ${Math.round(otherUpMs / 1000)} s` });
  }

  private tell(twin: Twin): void {
    const nowMs = performance.now();
    if (twin.role === 'first' && nowMs - this.toldMs < TELL_AGAIN_AFTER_MS) return;
    this.toldMs = nowMs;
    this.onTwin(twin);
  }

  private async answer(frame: TwinFrame | undefined, from: PeerId): Promise<Uint8Array> {
    if (frame?.life.kind !== 'question') return NOTHING;
    if (frame.life.peer === this.host.self) return this.answerTwin(frame, from);
    // What may be passed on further comes from the asker itself
    if (frame.hops === 1 && frame.life.peer !== from) return NOTHING;
    // The one connection with this key is the asker's own
    const isAlone = frame.life.peer === from && this.host.connections(from).length === 1;
    if (frame.hops === 0 && isAlone) return NOTHING;
    if (!isSigned(frame) || !this.mayAsk(frame.life)) return NOTHING;
    return (await this.passOn(frame, from)) ?? NOTHING;
  }

  /** Somebody asks in our own name: ourselves, round about, or another process. */
  private answerTwin(frame: TwinFrame, from: PeerId): Uint8Array {
    if (!isSigned(frame)) return NOTHING;
    const { instance, atMs, upMs, nonce } = frame.life;
    const isRecent = Math.abs(Date.now() - atMs) < QUESTION_LIFE_MS;
    if (instance !== this.instance && isRecent && upMs <= this.upMs)
      this.found(upMs, `it asked for a sign of life through ...${from.slice(-6)}`);
    return encodeTwin(this.frame('answer', nonce, 0));
  }

  /** To the connections that carry the asker's key, and one peer further. The first answer of another process counts. */
  private async passOn(frame: TwinFrame, from: PeerId): Promise<Uint8Array | undefined> {
    const { peer, instance } = frame.life;
    const further = encodeTwin({ ...frame, hops: 0 });
    const asked = this.host
      .connections(peer)
      .map((connection) => this.exchangeRaw(peer, further, connection));
    if (frame.hops > 0) {
      const others = this.host
        .connectedPeers()
        .filter((other) => other !== peer && other !== from)
        .filter((other) => this.isSeated(peer) || this.isSeated(other));
      for (const other of others.slice(0, MAX_TWIN_FORWARDS)) asked.push(this.exchangeRaw(other, further));
    }
    const isOther = (bytes: Uint8Array): boolean => {
      const answer = decodeTwin(bytes);
      return answer?.life.peer === peer && answer.life.instance !== instance && isSigned(answer);
    };
    const found = asked.map(async (answer) => {
      const bytes = await answer;
      if (!isOther(bytes)) throw new Error('the asker itself, or nobody');
      return bytes;
    });
    return Promise.any(found).catch(() => undefined);
  }

  private async exchange(peer: PeerId, question: TwinFrame): Promise<TwinFrame | undefined> {
    return decodeTwin(await this.exchangeRaw(peer, encodeTwin(question), undefined, 2 * TWIN_ANSWER_MS));
  }

  private exchangeRaw(
    peer: PeerId,
    question: Uint8Array,
    connection?: Connection,
    timeoutMs = TWIN_ANSWER_MS,
  ): Promise<Uint8Array> {
    return this.streams.request(peer, TWIN_PROTOCOL, question, {
      ...{ signal: this.stopped.signal, maxResponseBytes: MAX_TWIN_BYTES, timeoutMs },
      ...(connection === undefined ? {} : { connection }),
    });
  }

  /** One question of a process in a while, one of all strangers, and so many of all: each costs several of ours. */
  private mayAsk({ peer, instance }: SignOfLife): boolean {
    const nowMs = performance.now();
    for (const [asker, atMs] of this.askedAtMs) {
      if (nowMs - atMs < TWIN_QUESTION_GAP_MS) break;
      this.askedAtMs.delete(asker);
    }
    const asker = this.isSeated(peer) ? `${peer} ${instance}` : STRANGERS;
    if (this.askedAtMs.has(asker) || this.askedAtMs.size >= MAX_TWIN_QUESTIONS) return false;
    this.askedAtMs.set(asker, nowMs);
    return true;
  }
}
