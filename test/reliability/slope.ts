/**
 * Whether something grows: the least-squares slope of samples that come from several lives of a process, each life with
 * a level of its own (both axes less the life's mean), with its standard error.
 */

export interface Sample {
  /** Which life of which process. */
  readonly life: string;
  readonly x: number;
  readonly y: number;
}

export interface Slope {
  readonly perX: number;
  /** Half of the 95 % confidence interval (normal approximation). */
  readonly halfWidth: number;
  readonly mean: number;
  readonly samples: number;
}

const QUANTILE_975 = 1.96;

/** NaN with fewer than three samples beyond the number of lives, or where x never moves. */
export function slopeOf(samples: readonly Sample[]): Slope {
  const lives = new Map<string, Sample[]>();
  for (const sample of samples) lives.set(sample.life, [...(lives.get(sample.life) ?? []), sample]);
  const centred = [...lives.values()].flatMap((life) => {
    const [x, y] = [meanOf(life.map((s) => s.x)), meanOf(life.map((s) => s.y))];
    return life.map((s) => ({ x: s.x - x, y: s.y - y }));
  });
  const sum = (term: (s: { x: number; y: number }) => number): number =>
    centred.reduce((total, s) => total + term(s), 0);
  const xx = sum(({ x }) => x * x);
  const perX = sum(({ x, y }) => x * y) / xx;
  const freedom = samples.length - lives.size - 1;
  const variance = sum(({ x, y }) => (y - perX * x) ** 2) / freedom;
  const known = freedom >= 2 && xx > 0;
  return {
    perX: known ? perX : NaN,
    halfWidth: known ? QUANTILE_975 * Math.sqrt(variance / xx) : NaN,
    mean: meanOf(samples.map(({ y }) => y)),
    samples: samples.length,
  };
}

/** Whether it is sure to grow by more than a share of its mean over so many x. */
export function grows({ perX, halfWidth, mean }: Slope, over: number, share: number): boolean {
  return (perX - halfWidth) * over > share * mean;
}

function meanOf(values: readonly number[]): number {
  return values.reduce((a, b) => a + b, 0) / values.length;
}
