/**
 * `synod/simulate`: a run of real peers in this process, over libp2p in memory or on loopback, as a function: some of
 * them may attack. What happens is an async iterator of the events of docs/events.md, what came out a promise.
 *
 * @module synod/simulate
 */
import { parseAttack } from '../attacks/attack-spec.ts';
import { parseExperiment, type Experiment } from '../config/experiment.ts';
import { pinExperiment } from '../config/experiment-file.ts';
import { invalidField } from '../foundation/operator-error.ts';
import type { RunEvent } from '../observe/event-table.ts';
import { EventStream } from '../run/recording/event-stream.ts';
import { RunRecorder } from '../run/recording/run-recorder.ts';
import { runOverNetwork } from '../run/run-network.ts';
import { PRESETS, simulatedKeys, waitingForAll, type SimulateSettings } from '../run/simulate-settings.ts';
import type { BackendName } from '../training/backends/all-backends.ts';
import { provideDataset } from '../training/data/provide-dataset.ts';

export type { Experiment } from '../config/experiment.ts';
export type { RunEvent } from '../observe/event-table.ts';
export type { BackendName } from '../training/backends/all-backends.ts';

export interface SimulationOptions {
  /**
   * Fields of an experiment file (docs/experiment.md). What is left out is what suits the data set; `roster` is the
   * simulation's own, and `seed` may stand here or beside.
   */
  readonly experiment?: Readonly<Record<string, unknown>>;
  /** The folder that paths in the experiment count from (a task, model or rule of one's own); left out: where the program runs. */
  readonly folder?: string;
  /** 1 to 200; 8 where left out. All of them live in this process. */
  readonly peers?: number;
  /** How many of them attack, below `peers`; 0 where left out. They are the first of the roster. */
  readonly byzantine?: number;
  /** What they send: an attack by its name or with settings, as in `synod/attacks`. `ipm` where left out. */
  readonly attack?: string | Readonly<Record<string, unknown>>;
  /** Equal seeds give equal states: keys, parameters, data and draws follow from it. */
  readonly seed?: string | number;
  /** `memory` where left out; `tcp` uses sockets on loopback. */
  readonly transport?: 'memory' | 'tcp';
  /** What computes gradients (docs/backends.md); `auto` where left out. */
  readonly backend?: BackendName | 'auto';
  /** Where the data set lies or is downloaded to; data that is drawn needs none. */
  readonly dataDir?: string;
  /** Where the event log is written, for `synod observe`; nowhere where left out. */
  readonly logDir?: string;
  /** Ends the run: the result and the iterators reject with its reason. */
  readonly signal?: AbortSignal;
}

export interface SimulationResult {
  /** With the defaults filled in and the simulated roster: what `synod/verify` needs to check `certificates`. */
  readonly experiment: Experiment;
  /** Length d: the model that the honest peers hold after the last round. */
  readonly parameters: Float32Array;
  /** On the test set: a share from 0 to 1, NaN where the task has no right answers. */
  readonly accuracy: number;
  /** Mean loss on the test set. */
  readonly loss: number;
  /** 64 hexadecimal digits: what the last certificate says of the whole state. */
  readonly stateDigest: string;
  /** Whether all honest peers hold that state. Where it is false, a promise of the protocol is broken. */
  readonly agreed: boolean;
  /** One certified decision a round, as it travels; `synod/verify` checks them. */
  readonly certificates: readonly Uint8Array[];
  /** Bytes that an average peer handed to its sockets in an average round. */
  readonly bytesPerPeerPerRound: number;
  readonly secondsPerRound: number;
}

export interface Simulation extends AsyncIterable<RunEvent> {
  /** Rejects with one sentence where the run could not go on. */
  readonly result: Promise<SimulationResult>;
}

const MOST_PEERS = 200;

/**
 * Starts a run. Throws an error of one sentence that names field, rule and value where an option is wrong. An iterator
 * that is made at once hears everything; each reader hears all events. They end with the run.
 */
export function simulate(options: SimulationOptions = {}): Simulation {
  const settings = settle(options);
  const stream = new EventStream();
  const result = run(options, settings, stream);
  result.then(
    () => stream.end(),
    (error: unknown) => stream.end(error as Error),
  );
  return { result, [Symbol.asyncIterator]: () => stream[Symbol.asyncIterator]() };
}

function settle(options: SimulationOptions): SimulateSettings {
  const { experiment: stated = {}, peers = 8, byzantine = 0, attack = 'ipm' } = options;
  if (!(Number.isInteger(peers) && peers >= 1 && peers <= MOST_PEERS))
    throw invalidField('peers', `be an integer from 1 to ${MOST_PEERS}`, peers);
  if (!(Number.isInteger(byzantine) && byzantine >= 0 && byzantine < peers))
    throw invalidField('byzantine', `be an integer of at least 0 and below the ${peers} peers`, byzantine);
  if (stated['roster'] !== undefined)
    throw invalidField('experiment.roster', 'be left out: simulated peers are the roster', 'a roster');
  parseAttack(attack, 'attack');
  const given = options.seed ?? stated['seed'] ?? '1';
  if (typeof given !== 'string' && typeof given !== 'number')
    throw invalidField('seed', 'be a text or a number', given);
  const seed = String(given);
  const keys = simulatedKeys(peers, seed);
  const roster = keys.map(({ id }) => id);
  const experiment = parseExperiment(
    { ...presetOf(stated['data']), aggregation: { f: byzantine }, ...stated, seed, roster },
    'experiment',
  );
  const timing = stated['timing'] as Readonly<Record<string, unknown>> | undefined;
  const timed = timing?.['collectMinMs'] === undefined ? waitingForAll(experiment) : experiment;
  return {
    experiment: pinExperiment(timed, options.folder ?? '.'),
    keys,
    byzantine: roster.slice(0, byzantine),
    attack: byzantine === 0 ? undefined : attack,
    backend: options.backend ?? 'auto',
    transport: options.transport ?? 'memory',
  };
}

function presetOf(data: unknown): Readonly<Record<string, unknown>> {
  return typeof data === 'string' || data === undefined ? (PRESETS[data ?? 'glyphs'] ?? {}) : {};
}

async function run(
  { dataDir, logDir, signal = new AbortController().signal }: SimulationOptions,
  settings: SimulateSettings,
  stream: EventStream,
): Promise<SimulationResult> {
  let recorder: RunRecorder | undefined;
  const { experiment, byzantine, attack } = settings;
  try {
    const data = await provideDataset(experiment.data, {
      ...(dataDir !== undefined && { dataDir }),
      signal,
    });
    const outcome = await runOverNetwork({
      ...{ settings, data, signal, verbose: false, keepCertificates: true },
      say: () => undefined,
      record: (model) => {
        recorder = new RunRecorder({
          ...{ folder: logDir, source: 'simulation', experiment, adversaries: byzantine, ...model },
          onFault: () => undefined,
          ...(attack !== undefined && { attack: parseAttack(attack, 'attack').name }),
        });
        recorder.log.tap((event) => stream.push(event as RunEvent));
        return recorder;
      },
    });
    const { evaluation, digestsAgree: agreed, parameters, stateDigest, certificates } = outcome;
    recorder?.end('finished', undefined, agreed);
    const { bytesPerPeerPerRound, secondsPerRound } = outcome;
    const { accuracy, loss } = evaluation;
    return {
      ...{ experiment, parameters, accuracy, loss, stateDigest, agreed, certificates },
      ...{ bytesPerPeerPerRound, secondsPerRound },
    };
  } catch (error) {
    recorder?.end(signal.aborted ? 'stopped' : 'failed', (error as Error).message);
    throw error;
  }
}
