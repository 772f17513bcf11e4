/**
 * What every part of a machine works with: the configuration, the verifier, the own keys, the effects of the step
 * that runs, and the timers. One per machine.
 */
import type { SignatureScheme, VerifiableRandomness } from '../crypto/schemes.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import { CHANNEL_OF, type Message } from '../messages/message.ts';
import type { ProtocolConfig } from './config.ts';
import type { Effect, Report } from './effect.ts';
import type { Timer } from './input.ts';
import type { RoundMemory } from './saved-state.ts';
import type { Verifier } from './verification/verifier.ts';

export interface Keys {
  readonly self: PeerId;
  readonly signatures: Pick<SignatureScheme, 'sign'>;
  readonly randomness: Pick<VerifiableRandomness, 'prove'>;
}

const ROUND_TIMERS: readonly Timer[] = ['collect', 'phase', 'precommit', 'quorum', 'attempt', 'rebroadcast'];

export class Outbox {
  readonly config: ProtocolConfig;
  readonly verifier: Verifier;
  readonly keys: Keys;
  /** The local clock's reading in this step, milliseconds; only differences mean anything. */
  nowMs = 0;
  private effects: Effect[] = [];
  private token = 0;
  private readonly running = new Map<Timer, number>();

  constructor(config: ProtocolConfig, verifier: Verifier, keys: Keys) {
    this.config = config;
    this.verifier = verifier;
    this.keys = keys;
  }

  get self(): PeerId {
    return this.keys.self;
  }

  sign(bytes: Uint8Array): Uint8Array {
    return this.keys.signatures.sign(bytes);
  }

  put(effect: Effect): void {
    this.effects.push(effect);
  }

  take(): readonly Effect[] {
    const taken = this.effects;
    this.effects = [];
    return taken;
  }

  publish(message: Message): void {
    this.put({ type: 'publish', channel: CHANNEL_OF[message.kind], message });
  }

  /** Publishes only once the memory is on the disk. */
  persistAndPublish(memory: RoundMemory, message: Message, bodyTo?: readonly PeerId[]): void {
    const channel = CHANNEL_OF[message.kind];
    const said: Effect = { type: 'publish', channel, message, ...(bodyTo && { bodyTo }) };
    this.put({ type: 'store', memory, then: [said] });
  }

  report(report: Report): void {
    this.put({ type: 'report', report });
  }

  setTimer(timer: Timer, delayMs: number): void {
    this.token += 1;
    this.running.set(timer, this.token);
    this.put({ type: 'setTimer', timer, delayMs, token: this.token });
  }

  isRunning(timer: Timer): boolean {
    return this.running.has(timer);
  }

  /** Somebody answered with what cannot be true: it loses standing. */
  blame(peer: PeerId, reason: string): void {
    this.put({ type: 'blame', peer, reason });
  }

  cancelTimer(timer: Timer): void {
    if (this.running.delete(timer)) this.put({ type: 'cancelTimer', timer });
  }

  /** Stops what belongs to the round that was played. */
  cancelRoundTimers(): void {
    for (const timer of ROUND_TIMERS) this.cancelTimer(timer);
  }

  /** Whether a time-out is of the timer as it was set last, and not of one that was set before. */
  expired(timer: Timer, token: number): boolean {
    if (this.running.get(timer) !== token) return false;
    this.running.delete(timer);
    return true;
  }
}
