/** The aggregation rule of a run, from the experiment in its header: `nnm + ctma over geometric-median, f = 2`. */
import type { EventOf } from './event-table.ts';

interface Named {
  readonly name?: unknown;
  readonly base?: Named;
}

export function ruleName({ experiment }: EventOf<'run'>): string {
  const { f, pipeline } = (experiment['aggregation'] ?? {}) as {
    readonly f?: unknown;
    readonly pipeline?: { readonly pre?: readonly Named[]; readonly rule?: Named };
  };
  const { pre = [], rule } = pipeline ?? {};
  if (rule === undefined) return 'unknown rule';
  const own = rule.base === undefined ? text(rule.name) : `${text(rule.name)} over ${text(rule.base.name)}`;
  return `${[...pre.map(({ name }) => text(name)), own].join(' + ')}, f = ${text(f)}`;
}

function text(value: unknown): string {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : '?';
}
