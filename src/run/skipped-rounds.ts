/** Counts rounds that changed nothing, and says so where they are most of a run. */
import type { Experiment } from '../config/experiment.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import type { RoundReport } from '../protocol/effect.ts';

/** Rounds that are looked at together while the run goes on. */
const WINDOW_ROUNDS = 20;

export class SkippedRounds {
  private readonly experiment: Pick<Experiment, 'cohort' | 'timing'>;
  private readonly newest: boolean[] = [];
  private decided = 0;
  private skipped = 0;
  private notFinite = 0;
  /** The first round in which a worker of this process had no finite number to give. */
  private divergedIn: number | undefined;

  constructor(experiment: Pick<Experiment, 'cohort' | 'timing'>) {
    this.experiment = experiment;
  }

  /** Counts a round; a sentence where most of the newest rounds were skipped, once in as many rounds. */
  add({ skipped }: Pick<RoundReport, 'skipped'>): string | undefined {
    this.decided += 1;
    if (skipped !== undefined) this.skipped += 1;
    if (skipped === 'not-finite') this.notFinite += 1;
    this.newest.push(skipped !== undefined);
    if (this.newest.length < WINDOW_ROUNDS) return undefined;
    const count = this.newest.splice(0).filter(Boolean).length;
    return 2 * count > WINDOW_ROUNDS ? this.sentence(count, WINDOW_ROUNDS) : undefined;
  }

  /** A worker of this process says that its loss or gradient left the range of numbers. */
  diverged(round: number): void {
    this.divergedIn = Math.min(round, this.divergedIn ?? round);
  }

  /** What is wrong with a run that is over: most of its rounds changed nothing. */
  fault(): OperatorError | undefined {
    if (2 * this.skipped <= this.decided) return undefined;
    return new OperatorError(this.sentence(this.skipped, this.decided));
  }

  private sentence(skipped: number, rounds: number): string {
    const { cohort, timing } = this.experiment;
    const what = `${skipped} of ${rounds} rounds changed nothing`;
    if (2 * this.notFinite > this.skipped) return `${what}: their aggregate was no finite number`;
    if (this.divergedIn !== undefined) {
      return (
        `${what}: the training diverged, and from round ${this.divergedIn} on contributions were no finite numbers, which` +
        ' nobody takes; try a lower learning rate, or look for NaN in the data or the task'
      );
    }
    return (
      `${what}: they had fewer contributions than cohort.minimum, ${cohort.minimum}; start the missing peers, or raise` +
      ` timing.collectMs, ${timing.collectMs}, above the slowest gradient`
    );
  }
}

/** What a peer says whose gradient came too late for a round. */
export function latenessOf(late: {
  readonly gradientMs: number;
  readonly isDone: boolean;
  readonly collectionMs: number;
  readonly collectMs: number;
}): string {
  const seconds = (ms: number): string => `${(ms / 1000).toFixed(1)} s`;
  const took = late.isDone ? 'took' : 'is not done after';
  const cure =
    late.gradientMs >= late.collectMs
      ? `raise timing.collectMs, ${late.collectMs}, above it`
      : 'the others wait for it in some rounds only, the fewer the longer it takes beside them; raise' +
        ` timing.collectMinMs above it where it shall be in every round`;
  return `own gradient ${took} ${seconds(late.gradientMs)}, the collection ended after ${seconds(late.collectionMs)}: ${cure}`;
}
