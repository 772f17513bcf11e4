/** When a peer was there: the lists that it is missing in, when its contributions come, the last sign of it. */
import { CELL } from './round-view.ts';
import type { RunView } from './run-view.ts';

export interface Absence {
  /** Rounds with a decided list for which it was asked, ascending, as all here. */
  readonly asked: readonly number[];
  readonly missed: readonly number[];
  readonly late: readonly number[];
  readonly refused: readonly { readonly round: number; readonly why: string }[];
  readonly unseen: readonly number[];
  /** The missed ones after the last list that holds it. */
  readonly streak: readonly number[];
}

export function absence(view: RunView, peer: number): Absence {
  const asked: number[] = [];
  const late: number[] = [];
  const refused: { round: number; why: string }[] = [];
  const unseen: number[] = [];
  const missed: number[] = [];
  let streak: number[] = [];
  for (const seen of view.rounds) {
    const list = seen?.contributions;
    if (seen === undefined || list === undefined) continue;
    const { round } = seen;
    const cell = view.cell(peer, round);
    if (cell === CELL.notDrawn || cell === CELL.excluded) continue;
    asked.push(round);
    if (cell === CELL.late) late.push(round);
    else if (cell === CELL.invalid) {
      refused.push({ round, why: list.invalid.find(([worker]) => worker === peer)?.[1] ?? '?' });
    } else if (cell === CELL.absent) unseen.push(round);
    else {
      streak = [];
      continue;
    }
    missed.push(round);
    streak.push(round);
  }
  return { asked, missed, late, refused, unseen, streak };
}

/** Milliseconds after the rounds began, where members of a committee wrote them. */
export function whenHeard(
  view: RunView,
  peer: number,
): { readonly own: readonly number[]; readonly others: readonly number[] } {
  const own: number[] = [];
  const others: number[] = [];
  for (const seen of view.rounds) {
    const heard = seen?.contributions?.heard ?? [];
    const mine = heard.find(([worker]) => worker === peer);
    if (mine === undefined) continue;
    own.push(mine[1]);
    for (const [worker, ms] of heard) if (worker !== peer) others.push(ms);
  }
  return { own, others };
}

/** `its contribution to round 12`; undefined where there is none. */
export function lastSign(view: RunView, peer: number): string | undefined {
  for (let round = view.newest; round >= 0; round--) {
    const seen = view.rounds[round];
    if (seen === undefined) continue;
    const { contributions, decision } = seen;
    if (decision?.signers.includes(peer) === true) return `its signature under round ${round}`;
    if (contributions?.peers.includes(peer) === true) return `its contribution to round ${round}`;
    if (contributions?.late.includes(peer) === true)
      return `its contribution to round ${round}, which came too late`;
  }
  return undefined;
}
