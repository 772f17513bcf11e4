/**
 * Somebody without a seat, in the simulator: hears what everyone hears, holds no key of a peer with a seat, and says
 * what it likes to everyone, for as long as the scenario lasts. It may cost the others time, but no round.
 */
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { Message } from '../src/messages/message.ts';
import type { MessageCodec } from '../src/messages/message-codec.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import { NEVER } from './forgery.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import type { VirtualWorld } from './virtual-world.ts';

export const STRANGER_HABITS = [
  'future-decisions', // unsigned decisions of rounds to come, and the same with a false head in its answers
  'invented-voters', // stale, early and far votes of peers that do not exist
  'forged-votes', // the same in the name of peers with seats, unsigned
  'fill-early', // many statements of the next round
  'replay', // whatever it heard, later
  'mute-lead', // speaks of later rounds and answers nobody
] as const;

export type StrangerHabit = (typeof STRANGER_HABITS)[number];

export const STRANGER: PeerId = 'stranger';
const SPEAKS_EVERY_MS = 300;
/** A false word about later rounds hurts most while a round is being agreed upon. */
const INTERRUPTS_EVERY_MS = 20;
const MAX_HEARD = 60;
const FILLING = 20;
const FAR = 900_000;

export interface StrangerParts {
  readonly config: ProtocolConfig;
  readonly codec: MessageCodec;
  readonly world: VirtualWorld;
  readonly network: SimulatedNetwork;
  readonly random: SeededRandom;
}

export class Stranger {
  private readonly parts: StrangerParts;
  private readonly habits: ReadonlySet<StrangerHabit>;
  private readonly index: number;
  private readonly heard: Message[] = [];
  private round = 0;
  private interruptedAtMs = 0;

  constructor(parts: StrangerParts, habits: readonly StrangerHabit[]) {
    this.parts = parts;
    this.habits = new Set(habits);
    this.index = parts.network.add(STRANGER);
  }

  start(): void {
    const { codec, network } = this.parts;
    const port = network.portOf(STRANGER, this.index);
    port.open({
      receive: (bytes) => {
        const message = codec.decode(bytes);
        if (message !== undefined) this.hear(message);
        return 'ignore';
      },
      met: () => undefined,
      answer: (request, _from, reply) => {
        const asked = codec.decodeRequest(request);
        if (this.habits.has('mute-lead') || asked?.kind !== 'decisions') return;
        const decisions = [codec.encodeDecision(this.decision(asked.fromRound))];
        reply(codec.encodeAnswer({ kind: 'decisions', decisions, head: FAR }));
      },
      pushed: () => false,
      body: () => undefined,
      storedBody: (_digest, done) => done(undefined),
    });
    port.listen(true);
    this.speakRegularly();
  }

  private speakRegularly(): void {
    this.parts.world.schedule(SPEAKS_EVERY_MS, () => {
      for (const message of this.speech()) this.tell(message);
      this.speakRegularly();
    });
  }

  private hear(message: Message): void {
    if (message.kind === 'contribution') this.round = Math.max(this.round, message.round);
    this.interrupt();
    const { heard } = this;
    if (heard.length < MAX_HEARD) heard.push(message);
    else heard[this.parts.random.nextBelow(MAX_HEARD)] = message;
  }

  private interrupt(): void {
    const { now } = this.parts.world;
    if (!this.habits.has('future-decisions') || now - this.interruptedAtMs < INTERRUPTS_EVERY_MS) return;
    this.interruptedAtMs = now;
    this.tell(this.decision(FAR));
  }

  private speech(): Message[] {
    const { habits, round, heard } = this;
    const { random, config } = this.parts;
    const said: Message[] = [];
    if (habits.has('future-decisions')) said.push(this.decision(FAR), this.decision(round + 1));
    const invented = (): PeerId => `nobody-${random.nextUint32()}`;
    const known = (): PeerId =>
      config.genesis.peers[random.nextBelow(config.genesis.peers.length)] ?? STRANGER;
    const rounds = [Math.max(0, round - 1), round, round + 1, FAR];
    if (habits.has('invented-voters')) said.push(...rounds.map((at) => this.vote(at, invented())));
    if (habits.has('forged-votes') || habits.has('mute-lead')) {
      said.push(...rounds.map((at) => this.vote(at, known())));
    }
    if (habits.has('fill-early')) {
      for (let i = 0; i < FILLING; i++) said.push(this.vote(round + 1, known()));
    }
    const old = heard[random.nextBelow(MAX_HEARD)];
    if (habits.has('replay') && old !== undefined) said.push(old);
    return said;
  }

  private tell(message: Message): void {
    const { codec, network } = this.parts;
    const bytes = codec.encode(message);
    for (const to of network.audience('announcements', this.index)) {
      network.deliver(this.index, to, bytes, STRANGER);
    }
  }

  private vote(round: number, voter: PeerId): Message {
    return {
      kind: 'vote',
      phase: 'prevote',
      round,
      attempt: 0,
      view: this.parts.random.nextBelow(4),
      anchor: NEVER,
      voter,
      value: NEVER,
      signature: new Uint8Array(8),
    };
  }

  private decision(round: number): Extract<Message, { kind: 'decision' }> {
    const at = { round, attempt: 0, view: 0, anchor: NEVER };
    return {
      kind: 'decision',
      value: {
        ...at,
        author: this.parts.config.genesis.peers[0] ?? STRANGER,
        contributions: [],
        changes: [],
        beaconProof: new Uint8Array(8),
        signature: new Uint8Array(8),
      },
      outcome: { updateDigest: NEVER, updateByteLength: 0, applicationDigest: NEVER },
      certificate: { phase: 'precommit', ...at, value: NEVER, signers: new Uint8Array(1), signatures: [] },
    };
  }
}
