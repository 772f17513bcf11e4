/** Five real peers of which one is killed for good, then started again: how long rounds take, and who counts in them. */
import { eventually } from '../support/eventually.ts';
import { FaultRun, type Pace } from './fault-run.ts';

export interface DeadMemberOptions {
  /** An empty folder. */
  readonly folder: string;
  /** Another build's `synod`, for comparison. */
  readonly program?: string;
  /** Rounds that are timed before, while and after. */
  readonly rounds: number;
  readonly say?: (line: string) => void;
}

export interface DeadMemberReport {
  readonly before: Pace;
  /** The first rounds after the kill, then the ones after those. */
  readonly atOnce: Pace;
  readonly dead: Pace;
  readonly back: Pace;
  /** The most contributions in a round of each. */
  readonly contributions: readonly number[];
}

const PEERS = 5;
const VICTIM = 3;
const RETURN_MS = 60_000;

export async function runDeadMember(options: DeadMemberOptions): Promise<DeadMemberReport> {
  const { rounds, ...rest } = options;
  const run = await FaultRun.start({ ...rest, peers: PEERS });
  try {
    const all = run.peers.map((_, i) => i);
    const others = all.filter((i) => i !== VICTIM);
    const contributions: number[] = [];
    const { log } = run.peer(0);
    const timed = async (count: number, from = log.last): Promise<Pace> => {
      const pace = await run.pace(count, others);
      contributions.push(Math.max(...log.contributionsSince(from + 1)));
      return pace;
    };
    await run.reach(3, all);
    const before = await timed(rounds);
    await run.kill(VICTIM);
    const atOnce = await timed(3);
    const dead = await timed(rounds);
    run.launch(VICTIM);
    const returned = log.last;
    await run.reach(returned + 2, all);
    // on a busy machine its first gradients may come too late
    const counts = (): boolean => log.contributionsSince(returned + 1).includes(PEERS);
    await eventually('the returned member counts in a round', counts, RETURN_MS);
    const back = await timed(rounds, returned);
    run.compareStates();
    return { before, atOnce, dead, back, contributions };
  } finally {
    await run.stop();
  }
}
