/** What `synod fuzz-protocol` prints. */
import type { FuzzSummary } from '../../simulations/fuzz.ts';
import type { WorkState } from '../display/work-display.ts';
import { shrink } from '../../simulations/shrink.ts';

const MAX_SHRUNK = 3;

export function summaryLine(summary: FuzzSummary, seconds: number): string {
  const { seeds, rounds, violations, stalls, attempts, stepsBack } = summary;
  const rate = `${(seeds / seconds).toFixed(1)} seeds/s, ${(rounds / seconds).toFixed(1)} rounds/s`;
  const rare = `${attempts} with further attempts, ${stepsBack} with a step back`;
  return `${seeds} seeds, ${rounds} rounds, ${violations} violations, ${stalls} stalls; ${rare}; ${rate}`;
}

/** How far it is: of the seeds or of the time, whichever ends it first. `planned` seeds and `limitSeconds` may be infinite. */
export function fuzzState(
  summary: FuzzSummary,
  seconds: number,
  planned: number,
  limitSeconds: number,
): WorkState {
  const { seeds, rounds, violations, stalls, attempts, stepsBack, maxView } = summary;
  const share = Math.min(1, Math.max(seeds / planned, seconds / limitSeconds));
  return {
    share,
    secondsLeft: share > 0 ? (seconds * (1 - share)) / share : undefined,
    done: [
      `${seeds}${planned === Infinity ? '' : ` of ${planned}`} seeds`,
      `${violations} violations`,
      `${stalls} stalls`,
    ],
    details: [
      [
        `${rounds} rounds`,
        `${(seeds / seconds).toFixed(1)} seeds/s`,
        `${(rounds / seconds).toFixed(1)} rounds/s`,
      ],
      [`${attempts} with further attempts`, `${stepsBack} with a step back`, `views up to ${maxView}`],
    ],
  };
}

export function summaryOf(summary: FuzzSummary, seconds: number): Record<string, number> {
  const { failures: _failures, ...counts } = summary;
  return {
    ...counts,
    seedsPerSecond: Number((summary.seeds / seconds).toFixed(2)),
    roundsPerSecond: Number((summary.rounds / seconds).toFixed(2)),
    seconds: Number(seconds.toFixed(1)),
  };
}

/** For each failure what broke, the command that plays it again, and what is left of it when it is made smaller. */
export function reportFailures({ failures }: FuzzSummary, peers: number | undefined): void {
  const say = (line: string): void => void process.stderr.write(`${line}\n`);
  failures.forEach(({ seed, violations, stall }, at) => {
    for (const what of [...violations, ...(stall === undefined ? [] : [`stall: ${stall}`])])
      say(`seed ${seed}: ${what}`);
    const count = peers === undefined ? '' : ` --peers ${peers}`;
    say(`  again: npx synod fuzz-protocol --seeds ${seed}${count}`);
    if (at >= MAX_SHRUNK) return;
    try {
      const { keep, cuts, crashes, result } = shrink(seed, peers);
      const kept = Object.entries(keep).flatMap(([name, is]) => (is ? [name] : []));
      say(`  still fails with ${kept.join(', ') || 'nothing'}: ${cuts} cuts, ${crashes} crashes`);
      say(`  shrunk: ${result.events} events, ${result.virtualMs} ms, trace ${result.traceDigest}`);
    } catch (error) {
      say(`  throws: ${(error as Error).message}`);
    }
  });
}
