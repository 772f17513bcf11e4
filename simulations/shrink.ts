/** Makes a failing scenario smaller: takes troubles out, one kind after another, as long as it still fails. */
import { runScenario, type SeedResult } from './run-seed.ts';
import { KEEP_ALL, type Keep, type Scenario } from './scenario.ts';
import { scenarioOf } from './traps.ts';

export interface Shrunk {
  readonly keep: Keep;
  readonly cuts: number;
  readonly crashes: number;
  readonly result: SeedResult;
}

export function failed(result: SeedResult): boolean {
  return result.violations.length > 0 || result.stall !== undefined;
}

export function shrink(seed: number, peers: number | undefined): Shrunk {
  let keep = KEEP_ALL;
  for (const part of Object.keys(KEEP_ALL) as (keyof Keep)[]) {
    const without = { ...keep, [part]: false };
    if (failed(runScenario(scenarioOf(seed, peers, without)))) keep = without;
  }
  let scenario: Scenario = scenarioOf(seed, peers, keep);
  for (const part of ['cuts', 'crashes'] as const) {
    for (let i = scenario[part].length - 1; i >= 0; i--) {
      const without = { ...scenario, [part]: scenario[part].filter((_, at) => at !== i) };
      if (failed(runScenario(without))) scenario = without;
    }
  }
  const { cuts, crashes } = scenario;
  return { keep, cuts: cuts.length, crashes: crashes.length, result: runScenario(scenario) };
}
