/** Follows a run in this process through its peers' own reports, and ends it when every honest peer has played the last round. */
import type { PeerId } from '../crypto/peer-id.ts';
import type { Observer } from '../driver/environment.ts';
import { present } from '../foundation/assert.ts';
import type { RemoteApplication } from '../learning/application-thread.ts';
import { describeTrainingFault, type TrainingFault } from '../learning/training-fault.ts';
import type { Transport } from '../network/transport.ts';
import type { RoundReport } from '../protocol/effect.ts';
import type { Evaluation } from '../training/gradient-engine.ts';
import type { RunRecorder } from './recording/run-recorder.ts';
import type { SimulateSettings } from './simulate-settings.ts';
import { SkippedRounds } from './skipped-rounds.ts';

export interface WatchOptions {
  readonly settings: SimulateSettings;
  /** Takes sentences for whoever watches. */
  readonly say: (text: string) => void;
  readonly signal: AbortSignal;
  readonly verbose: boolean;
}

/** What a run came to. */
export interface RunResult {
  readonly evaluation: Evaluation;
  /** What the honest peers agreed on. */
  readonly parameters: Float32Array;
  /** Of the whole state after the last round, at the first honest peer. */
  readonly stateDigest: string;
  /** Of the training state alone, without roster and seed. */
  readonly applicationDigest: string;
  /** Every honest peer ended with the same digest. */
  readonly digestsAgree: boolean;
  readonly bytesPerPeerPerRound: number;
  readonly secondsPerRound: number;
  readonly viewChanges: number;
  readonly backend: string;
}

/** Rounds between two looks at the test set while the run goes on. */
const EVALUATE_EVERY_ROUNDS = 10;

export class RunWatch {
  private readonly options: WatchOptions;
  private readonly recorder: RunRecorder | undefined;
  private readonly applications: readonly RemoteApplication[];
  private readonly transports: readonly Transport[];
  private readonly honest: ReadonlySet<PeerId>;
  private readonly finals = new Map<PeerId, string>();
  private readonly diverged = new Set<PeerId>();
  private readonly startedAt = performance.now();
  private readonly done: Promise<void>;
  private evaluating = false;
  private readonly skips: SkippedRounds;
  private viewChanges = 0;
  private shown = -1;
  private settleDone!: { resolve(): void; reject(error: Error): void };

  constructor(
    options: WatchOptions,
    applications: readonly RemoteApplication[],
    transports: readonly Transport[],
    recorder: RunRecorder | undefined,
  ) {
    this.options = options;
    this.skips = new SkippedRounds(options.settings.experiment);
    this.recorder = recorder;
    this.applications = applications;
    this.transports = transports;
    const { keys, byzantine } = options.settings;
    this.honest = new Set(keys.map(({ id }) => id).filter((id) => !byzantine.includes(id)));
    this.done = new Promise((resolve, reject) => {
      this.settleDone = { resolve, reject };
    });
    this.done.catch(() => undefined);
    const onAbort = () => this.settleDone.reject(options.signal.reason as Error);
    options.signal.addEventListener('abort', onAbort, { once: true });
  }

  observerOf(peer: PeerId): Observer {
    const { say, verbose } = this.options;
    return {
      decided: (report) => this.decided(peer, report),
      reported: (report) => {
        if (report.event === 'view-changed') this.viewChanges += 1;
        if (verbose || report.event === 'excluded') say(`${peer.slice(-4)} ${describeReport(report)}`);
      },
      refused: (fault, from) => {
        if (verbose) say(`${peer.slice(-4)} refused ${fault} from ${from.slice(-4)}`);
      },
    };
  }

  /** Each honest peer says once that its training has left the range of numbers. */
  untrained(peer: PeerId, round: number, fault: TrainingFault): void {
    if (this.diverged.has(peer) || !this.honest.has(peer)) return;
    this.diverged.add(peer);
    this.skips.diverged(round);
    this.options.say(`${peer.slice(-4)} ${describeTrainingFault(round, fault)}`);
  }

  fail(error: Error): void {
    this.settleDone.reject(error);
  }

  async result(backend: string): Promise<RunResult> {
    await this.done;
    const fault = this.skips.fault();
    if (fault !== undefined) throw fault;
    const seconds = (performance.now() - this.startedAt) / 1000;
    const { rounds } = this.options.settings.experiment;
    const evaluation = await this.witness().evaluate();
    this.recorder?.evaluated(rounds - 1, evaluation.accuracy, evaluation.loss);
    const digests = [...this.honest].map((peer) => this.finals.get(peer));
    return {
      evaluation,
      parameters: await this.witness().parameters(),
      stateDigest: present(digests[0], 'digest'),
      applicationDigest: this.witness().stateDigest,
      digestsAgree: digests.every((digest) => digest === digests[0]),
      bytesPerPeerPerRound: this.sentBytes() / this.transports.length / rounds,
      secondsPerRound: seconds / rounds,
      viewChanges: this.viewChanges,
      backend,
    };
  }

  private decided(peer: PeerId, report: RoundReport): void {
    const { rounds } = this.options.settings.experiment;
    const played = report.round + 1;
    if (played > this.shown) {
      this.show(report);
      const mostly = this.skips.add(report);
      if (mostly !== undefined) this.options.say(mostly);
    }
    if (played < rounds || !this.honest.has(peer)) return;
    this.finals.set(peer, report.stateDigest);
    if (this.finals.size === this.honest.size) this.settleDone.resolve();
  }

  private show(report: RoundReport): void {
    const played = report.round + 1;
    this.shown = played;
    if (played % EVALUATE_EVERY_ROUNDS === 0) this.evaluate(report.round);
  }

  /** At most one at a time: a slow test set must not pile up behind a fast run. */
  private evaluate(round: number): void {
    if (this.evaluating) return;
    this.evaluating = true;
    this.witness()
      .evaluate(this.options.signal)
      .then(
        (evaluation) => {
          this.recorder?.evaluated(round, evaluation.accuracy, evaluation.loss);
        },
        () => undefined, // the run is ending; its result is evaluated by itself
      )
      .finally(() => {
        this.evaluating = false;
      });
  }

  /** The application of an honest peer: its state is what the run agreed on. */
  private witness(): RemoteApplication {
    const index = this.options.settings.keys.findIndex(({ id }) => this.honest.has(id));
    return present(this.applications[index], 'an honest peer');
  }

  private sentBytes(): number {
    return this.transports.reduce((sum, transport) => sum + transport.traffic().sentBytes, 0);
  }
}

function describeReport(report: Parameters<Observer['reported']>[0]): string {
  const { event, ...details } = report;
  return `${event} ${JSON.stringify(details, (_, value: unknown) => (value instanceof Uint8Array ? `${value.length} bytes` : value))}`;
}
