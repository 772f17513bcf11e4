/**
 * How long the phases of a round take at this peer, read off the machine's effects. `train` and `adopt` happen at every
 * worker and follower; `collect`, `aggregate` and `agree` at members of the round's committee.
 */
import type { Effect } from '../../protocol/effect.ts';

export type Phase = 'train' | 'collect' | 'aggregate' | 'agree' | 'adopt';

export class PhaseClock {
  private readonly report: (phase: Phase, seconds: number) => void;
  /** Since when each phase has been under way, in milliseconds. */
  private readonly running = new Map<Phase, number>();

  constructor(report: (phase: Phase, seconds: number) => void) {
    this.report = report;
  }

  saw(effect: Effect, nowMs: number): void {
    switch (effect.type) {
      case 'train':
        this.begin('train', nowMs);
        return;
      case 'setTimer':
        if (effect.timer === 'collect' && !this.running.has('collect')) this.begin('collect', nowMs);
        return;
      case 'publish':
        if (effect.message.kind === 'contribution') this.end('train', nowMs);
        if (effect.message.kind === 'vote') {
          this.end('aggregate', nowMs);
          if (!this.running.has('agree')) this.begin('agree', nowMs);
        }
        return;
      case 'verify':
        this.end('collect', nowMs);
        this.begin('aggregate', nowMs);
        return;
      case 'adopt':
        this.end('agree', nowMs);
        this.begin('adopt', nowMs);
        return;
      case 'decide':
        this.end('adopt', nowMs);
        this.running.clear();
        return;
      default:
        return;
    }
  }

  private begin(phase: Phase, nowMs: number): void {
    this.running.set(phase, nowMs);
  }

  private end(phase: Phase, nowMs: number): void {
    const since = this.running.get(phase);
    if (since === undefined) return;
    this.running.delete(phase);
    this.report(phase, (nowMs - since) / 1000);
  }
}
