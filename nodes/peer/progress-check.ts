/**
 * Loss and accuracy now and then while the run goes on. The test set is evaluated while others are waited for, right
 * after the own contribution is out, and takes no more than a small share of the time.
 */
import type { Evaluation } from '../../src/training/gradient-engine.ts';

/** After an evaluation that took t seconds none starts for this many times t. */
const REST_TIMES = 50;

export class ProgressCheck {
  private readonly everyMs: number;
  private readonly evaluate: () => Promise<Evaluation>;
  private readonly tell: (round: number, evaluation: Evaluation) => void;
  private nextMs: number;
  private running = false;

  /** `everyMs`: the least time between two; 0 for never. `tell` gets the number of rounds that the state has behind it. */
  constructor(
    everyMs: number,
    nowMs: number,
    evaluate: () => Promise<Evaluation>,
    tell: (rounds: number, evaluation: Evaluation) => void,
  ) {
    this.everyMs = everyMs;
    this.nextMs = nowMs + everyMs;
    this.evaluate = evaluate;
    this.tell = tell;
  }

  /** A good moment; `rounds` are behind the state that would be evaluated. */
  async moment(rounds: number, now: () => number): Promise<void> {
    const startedMs = now();
    if (this.everyMs === 0 || this.running || startedMs < this.nextMs || rounds === 0) return;
    this.running = true;
    try {
      const evaluation = await this.evaluate();
      this.tell(rounds, evaluation);
    } finally {
      const tookMs = now() - startedMs;
      this.nextMs = now() + Math.max(this.everyMs, REST_TIMES * tookMs);
      this.running = false;
    }
  }
}
