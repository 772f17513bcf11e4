/** The clock of a real node. Its timers do not keep the process alive by themselves. */
import type { ClockPort } from './environment.ts';

export const nodeClock: ClockPort = {
  now: () => performance.now(),
  setTimer(delayMs, fire) {
    const timer = setTimeout(fire, delayMs);
    timer.unref();
    return () => clearTimeout(timer);
  },
};
