/** A run in a row: what came out of it and what it cost; and which runs are repetitions of one another. */
import { PHASES, type Phase } from './phases.ts';
import { ruleName } from './rule-name.ts';
import type { RunView } from './run-view.ts';
import { meanBytes, neededBytes } from './traffic.ts';

export interface RunSummary {
  readonly label: string;
  readonly view: RunView;
  readonly rule: string;
  readonly attack: string;
  readonly peers: number;
  readonly adversaries: number;
  readonly rounds: number;
  readonly accuracy: number | null;
  readonly loss: number | null;
  readonly receivedPerRound: number | undefined;
  readonly neededPerRound: number | undefined;
  readonly secondsPerRound: number | undefined;
  readonly skipped: number;
  readonly viewChanges: number;
  readonly excluded: number;
  /** Median over rounds and peers, in milliseconds. */
  readonly phases: ReadonlyMap<Phase, number>;
}

export function summarize(label: string, view: RunView): RunSummary {
  const decided = view.rounds.filter((seen) => seen?.decision !== undefined).map((seen) => seen?.round ?? 0);
  const last = view.evaluations.at(-1);
  const bytes = decided.flatMap((round) => meanBytes(view, round)?.received ?? []);
  const needed = decided.flatMap((round) => neededBytes(view, round) ?? []);
  const seconds = decided.flatMap((round) => {
    const [from, to] = [view.rounds[round]?.startedAt, view.rounds[round]?.decidedAt];
    return from === undefined || to === undefined ? [] : (to - from) / 1000;
  });
  const phases = new Map<Phase, number>();
  for (const phase of PHASES) {
    const times = view.rounds.flatMap((seen) =>
      (seen?.phases ?? []).filter((mark) => mark.phase === phase).map(({ ms }) => ms),
    );
    const middle = times.sort((a, b) => a - b)[times.length >> 1];
    if (middle !== undefined) phases.set(phase, middle);
  }
  return {
    label,
    view,
    rule: view.run === undefined ? '?' : ruleName(view.run),
    attack: view.run?.attack ?? 'none known',
    peers: view.peers.length,
    adversaries: view.adversaries.size,
    rounds: decided.length,
    accuracy: last?.accuracy ?? null,
    loss: last?.loss ?? null,
    receivedPerRound: meanOf(bytes),
    neededPerRound: meanOf(needed),
    secondsPerRound: meanOf(seconds),
    skipped: view.rounds.filter((seen) => seen?.skip !== undefined).length,
    viewChanges: view.rounds.reduce((sum, seen) => sum + (seen?.views.length ?? 0), 0),
    excluded: view.excludedSince.size,
    phases,
  };
}

/** Runs of one experiment under one attack that differ by seed alone, in the order of the first of each. */
export function groupsOf(runs: readonly RunSummary[]): RunSummary[][] {
  const groups = new Map<string, RunSummary[]>();
  for (const run of runs) {
    const { seed: _seed, roster: _roster, ...experiment } = run.view.run?.experiment ?? {};
    const key = JSON.stringify([experiment, run.attack, run.peers, run.adversaries]);
    groups.set(key, [...(groups.get(key) ?? []), run]);
  }
  return [...groups.values()];
}

export function meanOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : values.reduce((sum, x) => sum + x, 0) / values.length;
}

/** The sample's standard deviation; undefined for fewer than two. */
export function spreadOf(values: readonly number[]): number | undefined {
  const mean = meanOf(values);
  if (mean === undefined || values.length < 2) return undefined;
  return Math.sqrt(values.reduce((sum, x) => sum + (x - mean) ** 2, 0) / (values.length - 1));
}
