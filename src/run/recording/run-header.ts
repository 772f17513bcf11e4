/** The first line of a run's event log: what is run, and on what. */
import { arch, availableParallelism, cpus, platform, release, totalmem } from 'node:os';
import { createRequire } from 'node:module';
import { experimentId, type Experiment } from '../../config/experiment.ts';
import { EVENTS_SCHEMA } from '../../observe/event-table.ts';
import type { EventLogOptions } from '../../observe/event-log.ts';
import { INLINE_BYTES } from '../../protocol/limits.ts';
import { planTraffic } from '../plan-traffic.ts';

export interface RunDescription {
  readonly source: 'simulation' | 'peer';
  readonly experiment: Experiment;
  /** The peer that writes. */
  readonly self?: string;
  readonly adversaries: readonly string[];
  readonly attack?: string;
  readonly parameters: number;
  readonly backend: string;
  /** Of an ordinary round's contribution, which may be less than the most that a body may have. */
  readonly contributionBytes: number;
  readonly updateBytes: number;
}

export function runHeader(run: RunDescription): Pick<EventLogOptions, 'header' | 'peers'> {
  const { source, experiment, self, adversaries, attack, contributionBytes, updateBytes } = run;
  const { roster, committee, cohort } = experiment;
  const peers = [...roster, ...(self === undefined || roster.includes(self) ? [] : [self])];
  const traffic = planTraffic({
    peers: roster.length,
    committee: committee.size,
    cohort: cohort.size,
    contributionBytes,
    updateBytes,
    inlineBytes: INLINE_BYTES,
    copies: 1,
  });
  const numbers = adversaries.map((id) => peers.indexOf(id)).filter((number) => number >= 0);
  return {
    peers,
    header: {
      schema: EVENTS_SCHEMA,
      source,
      self: self === undefined ? null : peers.indexOf(self),
      name: experiment.name,
      experimentId: experimentId(experiment),
      experiment: JSON.parse(JSON.stringify(experiment)) as Record<string, unknown>,
      adversaries: numbers,
      attack: attack ?? null,
      parameters: run.parameters,
      backend: run.backend,
      command: ['synod', ...process.argv.slice(2)].slice(0, 200).map((word) => word.slice(0, 2_000)),
      build: { synod: versionOf(), node: process.versions.node },
      machine: {
        system: `${platform()} ${arch()} ${release()}`,
        processor: cpus()[0]?.model.trim() ?? 'unknown',
        cores: availableParallelism(),
        memoryBytes: totalmem(),
      },
      need: {
        everyPeer: Math.round(traffic.everyPeerReceives),
        // a member makes the update and its own contribution itself
        member: Math.max(0, Math.round(traffic.memberReceives - updateBytes - contributionBytes)),
        worker: Math.round(traffic.workerSendsAtMost),
      },
    },
  };
}

/** Found by the package's own name, since this file lies at another depth once it is built. */
function versionOf(): string {
  const { version } = createRequire(import.meta.url)('synod/package.json') as { readonly version: string };
  return version;
}
