/** Follows one peer: logs its rounds, and settles when the last one is played or the peer cannot go on. */
import type { Experiment } from '../../src/config/experiment.ts';
import type { Transport } from '../../src/network/transport.ts';
import type { RoundReport } from '../../src/protocol/effect.ts';
import type { RemoteApplication } from '../../src/runtime/application-thread.ts';
import type { Observer } from '../../src/runtime/environment.ts';
import type { RunLog } from '../../src/telemetry/run-log.ts';
import { latenessOf, SkippedRounds } from '../skipped-rounds.ts';
import { Patience } from './waiting.ts';

export interface PeerOutcome {
  readonly rounds: number;
  readonly stateDigest: string;
  readonly accuracy: number;
  readonly loss: number;
  readonly sentBytes: number;
}

interface End {
  readonly rounds: number;
  readonly stateDigest: string;
}

export class PeerWatch {
  readonly observer: Observer;
  private readonly experiment: Experiment;
  private readonly application: RemoteApplication;
  private readonly transport: Transport;
  private readonly log: RunLog;
  private readonly end: Promise<End>;
  /** The digest of the whole state at the head; set once the peer runs. */
  anchor: () => string = () => '';
  private settle!: { resolve(end: End): void; reject(error: Error): void };
  private lastAt = performance.now();
  private readonly skips: SkippedRounds;
  readonly patience = new Patience(performance.now());

  constructor(experiment: Experiment, application: RemoteApplication, transport: Transport, log: RunLog) {
    this.experiment = experiment;
    this.skips = new SkippedRounds(experiment);
    this.application = application;
    this.transport = transport;
    this.log = log;
    this.end = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.end.catch(() => undefined);
    this.observer = {
      decided: (report) => this.decided(report),
      reported: (report) => {
        const { event, ...details } = report;
        if (report.event === 'gradient-late') log.warn(latenessOf(report), details);
        else log.info(event, details);
        if (event === 'finished') this.atEnd();
      },
      refused: (fault, from) => log.debug(`refused ${fault}`, { from }),
      recovered: (recovery) => log.info('checkpoint fetched', { ...recovery }),
    };
  }

  /** What the peer holds, where it starts again after the last round and decides nothing any more. */
  private atEnd(): void {
    queueMicrotask(() => this.settle.resolve({ rounds: this.experiment.rounds, stateDigest: this.anchor() }));
  }

  fail(error: Error): void {
    this.settle.reject(error);
  }

  /** Resolves after the last round, with this peer's view of the result. */
  async finished(): Promise<PeerOutcome> {
    const { rounds, stateDigest } = await this.end;
    const fault = this.skips.fault();
    if (fault !== undefined) throw fault;
    const { accuracy, loss } = await this.application.evaluate();
    const { sentBytes } = this.transport.traffic();
    return { rounds, stateDigest, accuracy, loss, sentBytes };
  }

  private decided(report: RoundReport): void {
    const now = performance.now();
    this.log.info('round', {
      round: report.round,
      seconds: Number(((now - this.lastAt) / 1000).toFixed(3)),
      attempt: report.attempt,
      view: report.view,
      contributions: report.contributors.length,
      ...(report.skipped === undefined ? {} : { skipped: report.skipped }),
      roster: report.rosterSize,
      peers: this.transport.connected().length,
      stateDigest: report.stateDigest,
    });
    const mostly = this.skips.add(report);
    if (mostly !== undefined) this.log.error(mostly);
    this.lastAt = now;
    this.patience.reset(now);
    if (report.round + 1 === this.experiment.rounds) {
      this.settle.resolve({ rounds: report.round + 1, stateDigest: report.stateDigest });
    }
  }
}
