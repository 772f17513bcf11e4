/** Follows one peer: logs its rounds, and settles when the last one is played or the peer cannot go on. */
import type { Experiment } from '../../src/config/experiment.ts';
import type { Transport } from '../../src/network/transport.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import type { Effect, Report, RoundReport } from '../../src/protocol/effect.ts';
import type { RemoteApplication } from '../../src/learning/application-thread.ts';
import { bytesText } from '../../src/observe/sentences.ts';
import type { FetchReport, Observer } from '../../src/driver/environment.ts';
import type { RunLog } from '../../src/telemetry/run-log.ts';
import { latenessOf, SkippedRounds } from '../../src/run/skipped-rounds.ts';
import { ProgressCheck } from './progress-check.ts';
import { nameOf, RoundStory } from './round-story.ts';
import { SeatWatch } from './seat-watch.ts';
import { printTrust } from '../../src/run/trust.ts';
import { Patience } from './waiting.ts';

export interface PeerOutcome {
  readonly rounds: number;
  readonly stateDigest: string;
  /** What `--trust` takes, elsewhere, to name this state. */
  readonly trust: string;
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
  /** Who has a seat now; set once the peer runs. */
  seats: () => readonly PeerId[] = () => [];
  readonly patience = new Patience(performance.now());
  readonly story = new RoundStory();
  private readonly seatWatch = new SeatWatch();
  private readonly progress: ProgressCheck;
  private rounds = 0;

  /** `evaluateEveryMs`: the least time between two looks at the test set; 0 for none before the end. */
  constructor(
    experiment: Experiment,
    application: RemoteApplication,
    transport: Transport,
    log: RunLog,
    evaluateEveryMs: number,
    onEvaluated: (round: number, accuracy: number, loss: number) => void = () => undefined,
  ) {
    this.experiment = experiment;
    this.skips = new SkippedRounds(experiment);
    this.application = application;
    this.transport = transport;
    this.log = log;
    this.progress = new ProgressCheck(
      evaluateEveryMs,
      performance.now(),
      () => application.evaluate(),
      (rounds, { accuracy, loss }) => {
        log.info('evaluated', { round: rounds - 1, accuracy: shortened(accuracy), loss: shortened(loss) });
        onEvaluated(rounds - 1, accuracy, loss);
      },
    );
    this.end = new Promise((resolve, reject) => {
      this.settle = { resolve, reject };
    });
    this.end.catch(() => undefined);
    this.observer = {
      decided: (report) => this.decided(report),
      reported: (report) => {
        const { event, ...details } = report;
        if (report.event === 'gradient-late') log.warn(latenessOf(report), details);
        else if (report.event === 'untrusted-history') log.warn(untrustedOf(report), details);
        else if (report.event === 'resyncing') log.info(resyncOf(report), details);
        else if (report.event === 'abandoned') log.info(abandonmentOf(report), details);
        else log.info(event, details);
        if (event === 'finished') this.atEnd();
      },
      refused: (fault, from) => log.debug(`refused ${fault}`, { from }),
      resumed: (fetch) => log.info(resumeOf(fetch), { ...fetch }),
      recovered: (recovery) => log.info('checkpoint fetched', { ...recovery }),
    };
  }

  /** What the peer holds, where it starts again after the last round and decides nothing any more. */
  private atEnd(): void {
    queueMicrotask(() => this.settle.resolve({ rounds: this.experiment.rounds, stateDigest: this.anchor() }));
  }

  saw(effect: Effect): void {
    this.story.saw(effect, performance.now());
    // the own contribution is out: others are waited for, and training is idle
    if (effect.type === 'publish' && effect.message.kind === 'contribution') this.evaluateNowAndThen();
  }

  private evaluateNowAndThen(): void {
    this.progress
      .moment(this.rounds, () => performance.now())
      .catch((error: unknown) => this.log.debug(`evaluating: ${(error as Error).message}`));
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
    const trust = printTrust({ round: rounds, anchor: stateDigest });
    return { rounds, stateDigest, trust, accuracy, loss, sentBytes };
  }

  /** The loss or gradient of this peer left the range of numbers. */
  diverged(round: number): void {
    this.skips.diverged(round);
  }

  private decided(report: RoundReport): void {
    const now = performance.now();
    const absent = report.cohort.filter((peer) => !report.contributors.includes(peer));
    const slow = this.story.unusual();
    this.log.info('round', {
      round: report.round,
      seconds: Number(((now - this.lastAt) / 1000).toFixed(3)),
      attempt: report.attempt,
      view: report.view,
      contributions: report.contributors.length,
      ...(report.skipped === undefined ? {} : { skipped: report.skipped }),
      ...(absent.length > 0 && { absent: absent.map(nameOf) }),
      ...(Object.keys(slow).length > 0 && { slow }),
      roster: report.rosterSize,
      peers: this.transport.connected().length,
      ...(this.application.trainingLoss !== undefined && { loss: shortened(this.application.trainingLoss) }),
      stateDigest: report.stateDigest,
    });
    const mostly = this.skips.add(report);
    if (mostly !== undefined) this.log.error(mostly);
    this.lastAt = now;
    this.rounds = report.round + 1;
    this.patience.reset(now, report.view === 0 && report.attempt === 0 && absent.length === 0);
    this.tellSeats(report.round);
    if (!report.cohort.includes(this.transport.self)) this.evaluateNowAndThen();
    if (report.round + 1 === this.experiment.rounds) {
      this.settle.resolve({ rounds: report.round + 1, stateDigest: report.stateDigest });
    }
  }

  private tellSeats(round: number): void {
    const { given, lost } = this.seatWatch.after(this.seats());
    const { self } = this.transport;
    for (const peer of given) {
      this.log.info(peer === self ? 'this peer got a seat' : `${nameOf(peer)} got a seat`, { round, peer });
    }
    for (const peer of lost) {
      this.log.warn(peer === self ? 'this peer lost its seat' : `${nameOf(peer)} lost its seat`, {
        round,
        peer,
      });
    }
  }
}

/** Why this peer waits no longer for a committee. */
function abandonmentOf({ silent }: Extract<Report, { event: 'abandoned' }>): string {
  if (silent.length === 0) return 'this committee is given up: others gave it up, or its time is over';
  return `this committee is given up: too few of it voted, nothing from ${silent.map(nameOf).join(', ')}`;
}

/** For the log: a test set does not tell more digits. */
export function shortened(value: number): number {
  return Number(value.toPrecision(4));
}

function resyncOf({ round, why }: Extract<Report, { event: 'resyncing' }>): string {
  switch (why) {
    case 'far-behind':
      return `far behind at round ${round}: certificates are checked, and the state comes from another peer's checkpoint`;
    case 'update-dropped':
      return `no peer that was asked has the update of round ${round} any more (--keep): the state comes from another peer's checkpoint`;
    case 'own-state':
      return `what is stored here leads to no certified state: it comes from another peer's checkpoint`;
  }
}

function resumeOf({ round, byteLength, resumedShare }: FetchReport): string {
  const share = Math.floor(100 * resumedShare);
  return `the fetch of the state before round ${round} resumes at ${share} % of ${bytesText(byteLength)}`;
}

function untrustedOf({ round }: { readonly round: number }): string {
  return (
    `a history was refused whose state after ${round} rounds is not the one that --trust names;` +
    ' where every peer offers it, the digest or the experiment is another one'
  );
}
