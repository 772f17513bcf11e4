/** What every attacker is given, and the pace that most of them keep. */
import { setTimeout as sleep } from 'node:timers/promises';
import type { Expenses, Target } from './stranger-host.ts';

export interface AttackParts {
  readonly target: Target;
  readonly expenses: Expenses;
  readonly signal: AbortSignal;
}

export const TICK_MS = 20;

/** Calls `act` so often a second, until the signal comes. */
export async function regularly(
  perSecond: number,
  signal: AbortSignal,
  act: (number: number) => void,
): Promise<void> {
  const startMs = Date.now();
  for (let done = 0; !signal.aborted; await sleep(TICK_MS)) {
    const due = ((Date.now() - startMs) * perSecond) / 1000;
    for (; done < due && !signal.aborted; done++) act(done);
  }
}
