/** One peer of a simulation: a Machine under drive() in a virtual environment; crashes, and starts again. */
import type { SeededRandom } from '../src/foundation/seeded-random.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import type { MessageCodec } from '../src/messages/message-codec.ts';
import type { ProtocolConfig } from '../src/protocol/config.ts';
import type { Effect, Report, RoundReport } from '../src/protocol/effect.ts';
import { Machine } from '../src/protocol/machine.ts';
import type { Verifier } from '../src/protocol/verification/verifier.ts';
import { drive, type Driver } from '../src/driver/drive.ts';
import type { NetworkPort } from '../src/driver/environment.ts';
import type { Checkers } from './checkers.ts';
import { fakeRandomness, fakeSignatures } from './fake-schemes.ts';
import { SimulatedDisk, SimulatedLedger, type LedgerFaults } from './simulated-ledger.ts';
import type { SimulatedNetwork } from './simulated-network.ts';
import { SurrogateApplication } from './surrogate-application.ts';
import type { VirtualWorld } from './virtual-world.ts';

export interface PeerSetup {
  readonly id: PeerId;
  readonly config: ProtocolConfig;
  readonly world: VirtualWorld;
  readonly network: SimulatedNetwork;
  readonly random: SeededRandom;
  readonly verifier: Verifier;
  readonly codec: MessageCodec;
  /** undefined: nobody expects anything of this peer. */
  readonly checkers: Checkers | undefined;
  /** The peer's timers run this much slower than the world's. */
  readonly clockRate: number;
  readonly writeMs: number;
  readonly workMs: number;
  /** A gradient, about; default `workMs`. */
  readonly gradientMs?: number;
  /** To take an update over, to step back, to read or take over a state; default 0: at once. */
  readonly changeMs?: number;
  /** To read from the disk; default 0: at once. */
  readonly readMs?: number;
  readonly ledgerFaults?: LedgerFaults;
  /** Default true; see `DriveOptions`. */
  readonly computesUpdates?: boolean;
  readonly onReport?: (report: Report) => void;
  readonly onDecided?: (report: RoundReport) => void;
  /** What an adversary makes of its network. */
  readonly corrupt?: (port: NetworkPort, peer: SimulatedPeer) => NetworkPort;
}

/** What a peer is about to do: an effect, to land a write, or to go on after one that has landed. */
export type Step = Effect['type'] | 'write' | 'written';

export class SimulatedPeer {
  /** Told before each step; may crash the peer, and then the step does not happen. */
  onStep: ((step: Step) => void) | undefined;
  readonly setup: PeerSetup;
  readonly index: number;
  disk = new SimulatedDisk();
  machine: Machine | undefined;
  application: SurrogateApplication | undefined;
  /** Rises with each start: what was scheduled before a crash does not happen. */
  private life = 0;
  private driver: Driver | undefined;
  private up = false;

  constructor(setup: PeerSetup) {
    this.setup = setup;
    this.index = setup.network.add(setup.id);
  }

  get id(): PeerId {
    return this.setup.id;
  }

  get isUp(): boolean {
    return this.up;
  }

  get round(): number {
    return this.machine?.position.round ?? 0;
  }

  private later(delayMs: number, run: () => void): () => void {
    const { life } = this;
    let cancelled = false;
    this.setup.world.schedule(delayMs, () => {
      if (!cancelled && life === this.life) run();
    });
    return () => (cancelled = true);
  }

  private laterOrNow(delayMs: number, run: () => void): void {
    if (delayMs === 0) run();
    else this.later(delayMs, run);
  }

  start(): void {
    const { id, config, network, random, verifier, codec, checkers, clockRate, workMs } = this.setup;
    const { gradientMs = workMs } = this.setup;
    this.life += 1;
    this.up = true;
    const { life } = this;
    const port = network.portOf(id, this.index);
    const machine = new Machine(config, {
      self: id,
      signatures: fakeSignatures(id),
      randomness: fakeRandomness(id),
      verifier,
    });
    this.machine = machine;
    const { changeMs = 0, readMs = 0 } = this.setup;
    this.application = new SurrogateApplication(random, (work, run) => {
      if (work === 'change') this.laterOrNow(changeMs, run);
      else this.later(work === 'train' ? gradientMs * (0.5 + random.next()) : workMs / 4, run);
    });
    const ledger = new SimulatedLedger(
      this.disk,
      config.checkpointRounds,
      (land, done) => this.write(land, done),
      this.setup.ledgerFaults,
      (stored) => checkers?.stored(stored),
      (answer) => this.laterOrNow(readMs, answer),
    );
    const restarted = this.life > 1;
    const { world } = this.setup;
    const driver = drive(
      machine,
      {
        clock: {
          now: () => world.now / clockRate,
          setTimer: (delayMs, fire) => this.later(delayMs * clockRate, fire),
        },
        network: this.setup.corrupt === undefined ? port : this.setup.corrupt(port, this),
        ledger,
        application: this.application,
        observer: {
          decided: (report) => {
            world.trace('decided', this.index, report.round, report.stateDigest);
            checkers?.decided(id, report);
            this.setup.onDecided?.(report);
          },
          reported: (report) => {
            world.trace(report.event, this.index);
            checkers?.reported(id, report);
            this.setup.onReport?.(report);
          },
          refused: () => {},
        },
      },
      {
        codec,
        onEffect: ({ type }) => this.onStep?.(type),
        computesUpdates: this.setup.computesUpdates ?? true,
      },
    );
    if (life !== this.life) return driver.stop(); // it crashed while it started
    this.driver = driver;
    if (restarted && !this.disk.amnesiac) checkers?.restarted(id, machine.position.round);
  }

  /** Nothing of a life that is over lands or goes on, also not what was under way in the very step that ended it. */
  private write(land: () => void, done: () => void): void {
    const { life } = this;
    const run = (): void => {
      if (life === this.life) this.onStep?.('write');
      if (life !== this.life) return;
      land();
      this.onStep?.('written');
      if (life === this.life) done();
    };
    this.laterOrNow(this.setup.writeMs, run);
  }

  leave(): void {
    this.driver?.leave();
  }

  crash(diskKept: boolean): void {
    this.driver?.stop();
    this.driver = undefined;
    this.up = false;
    this.life += 1;
    this.setup.network.crash(this.index);
    if (diskKept) return;
    this.disk = new SimulatedDisk();
    this.disk.amnesiac = true;
  }
}
