/** Times of workloads: medians of interleaved repetitions, after a warm-up that lets the engine optimize. */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Timed {
  readonly name: string;
  readonly run: () => void;
}

const WARM_UP_RUNS = 3;
/** The engine compiles optimized code in the background. */
const WARM_UP_PAUSE_MS = 100;

/** Milliseconds by name. */
export async function interleavedMedians(
  work: readonly Timed[],
  repetitions: number,
  note: (what: string) => void,
): Promise<Map<string, number>> {
  for (const { name, run } of work) {
    note(`${name}, warm-up`);
    for (let i = 0; i < WARM_UP_RUNS; i++) run();
    await sleep(WARM_UP_PAUSE_MS);
  }
  const times = new Map(work.map(({ name }) => [name, [] as number[]]));
  for (let repetition = 0; repetition < repetitions; repetition++) {
    note(`repetition ${repetition + 1} of ${repetitions}`);
    for (const { name, run } of work) times.get(name)!.push(timeOf(run));
  }
  return new Map([...times].map(([name, all]) => [name, median(all)]));
}

export async function medianTime({ run }: Timed, repetitions: number): Promise<number> {
  await sleep(0);
  return median(Array.from({ length: repetitions }, () => timeOf(run)));
}

function timeOf(run: () => void): number {
  const start = performance.now();
  run();
  return performance.now() - start;
}

function median(times: number[]): number {
  times.sort((a, b) => a - b);
  return (times[(times.length - 1) >> 1]! + times[times.length >> 1]!) / 2;
}
