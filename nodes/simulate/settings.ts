/** What `synod simulate` is told: flags, on top of the embedded default or of an experiment file. */
import { dirname, resolve } from 'node:path';
import { DEFAULT_CTMA_BASE, DEFAULT_PIPELINE } from '../../src/aggregation/default-pipeline.ts';
import { isRulePath } from '../../src/aggregation/own-rule.ts';
import { parseAttack } from '../../src/attacks/attack-spec.ts';
import { parseExperiment, type Experiment } from '../../src/config/experiment.ts';
import { pinExperiment, readDocument } from '../../src/config/experiment-file.ts';
import type { PeerId } from '../../src/crypto/peer-id.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { parseDatasetSpec } from '../../src/training/data/dataset-spec.ts';
import {
  PRESETS,
  simulatedKeys,
  waitingForAll,
  type SimulateSettings,
} from '../../src/run/simulate-settings.ts';
import { fromFlag, type FilledByFlags } from '../from-flag.ts';
import { parseTaskSpec } from '../../src/training/parse-task-spec.ts';
import type { BackendName } from '../../src/training/backends/all-backends.ts';

export interface SimulateFlags {
  readonly experiment?: string | undefined;
  readonly peers: number;
  readonly byzantine: number;
  readonly attack: string;
  readonly attackParam: readonly string[];
  readonly rule?: string | undefined;
  readonly base?: string | undefined;
  readonly pre?: string | undefined;
  readonly rounds?: number | undefined;
  readonly batchSize?: number | undefined;
  readonly learningRate?: number | undefined;
  readonly model?: string | undefined;
  readonly data?: string | undefined;
  readonly dataDir?: string | undefined;
  readonly committee?: number | undefined;
  readonly seed: string;
  readonly backend: BackendName | 'auto';
  readonly transport: 'tcp' | 'memory' | 'auto';
  readonly baselines: boolean;
  /** Where to write the trained model. */
  readonly out?: string | undefined;
  /** Where the run's event log goes. */
  readonly dir?: string | undefined;
  /** Where its page is served; nowhere unless given. */
  readonly dashboard?: string | undefined;
  /** Says nothing while it runs. */
  readonly quiet?: boolean;
}

export interface Settings extends SimulateSettings {
  /** Where the data set lies; it is downloaded where nobody says. */
  readonly dataDir: string | undefined;
  readonly attackName: string;
  readonly baselines: boolean;
}

/** Attack parameters that the first run needs: reversing the mean takes eps above (n - f) / f; ALIE's z is 0 at n = 8. */
const ATTACK_DEFAULTS: Readonly<Record<string, Readonly<Record<string, number>>>> = {
  ipm: { epsilon: 5 },
  alie: { z: 1.5 },
};

/** Checks everything before anything starts; throws an OperatorError that names flag, rule and value. */
export function settle(flags: SimulateFlags): Settings {
  if (flags.byzantine >= flags.peers) {
    const rule = `be below the ${flags.peers} of --peers, so that somebody is honest`;
    throw invalidField('--byzantine', rule, flags.byzantine);
  }
  const keys = simulatedKeys(flags.peers, flags.seed);
  const roster = keys.map(({ id }) => id);
  const attack = flags.byzantine === 0 ? undefined : attackOf(flags);
  return {
    experiment: experimentOf(flags, roster),
    dataDir: dataDirOf(flags),
    keys,
    byzantine: roster.slice(0, flags.byzantine),
    attack,
    attackName: attack === undefined ? 'none' : parseAttack(attack, '--attack').name,
    backend: flags.backend,
    transport: flags.transport,
    baselines: flags.baselines,
  };
}

/** The experiment's fields that flags filled; the peers that attack and the seed always come from flags. */
export function filledByFlags(flags: SimulateFlags): FilledByFlags {
  const given: Readonly<Record<string, readonly [flag: string, value: unknown]>> = {
    'aggregation.rule': ['--rule', flags.rule],
    'aggregation.base': ['--base', flags.base ?? (flags.experiment === undefined ? '' : undefined)],
    'aggregation.pre': ['--pre', flags.pre],
    'aggregation.f': ['--byzantine', flags.experiment === undefined ? '' : undefined],
    rounds: ['--rounds', flags.rounds],
    batchSize: ['--batch-size', flags.batchSize],
    optimizer: ['--learning-rate', flags.learningRate],
    model: ['--model', flags.model],
    data: ['--data', flags.data],
    'committee.size': ['--committee', flags.committee],
    seed: ['--seed', flags.seed],
  };
  const filled = Object.entries(given).filter(([, [, value]]) => value !== undefined);
  const settings = flags.attackParam.map((setting) => pair(setting, '--attack-param')[0]);
  return {
    ...Object.fromEntries(filled.map(([field, [flag]]) => [field, flag])),
    '--attack.kind': '--attack',
    ...Object.fromEntries(settings.map((name) => [`--attack.${name}`, `--attack-param ${name}`])),
  };
}

function attackOf(flags: SimulateFlags): unknown {
  const attack: Record<string, unknown> = { kind: flags.attack, ...ATTACK_DEFAULTS[flags.attack] };
  for (const setting of flags.attackParam) {
    const [name, value] = pair(setting, '--attack-param');
    attack[name] = value;
  }
  return attack;
}

function pair(setting: string, flag: string): [string, unknown] {
  const at = setting.indexOf('=');
  if (at < 1) throw invalidField(flag, 'have the form name=value', setting);
  const text = setting.slice(at + 1);
  const value = text !== '' && Number.isFinite(Number(text)) ? Number(text) : text;
  const name = setting.slice(0, at);
  return [name === 'eps' ? 'epsilon' : name, value];
}

function experimentOf(flags: SimulateFlags, roster: readonly PeerId[]): Experiment {
  const file = flags.experiment === undefined ? {} : asObject(readDocument(flags.experiment));
  const flaggedModel = flags.model === undefined ? undefined : fromFlag(flags.model, '--model');
  const model = flaggedModel ?? file['model'];
  const flaggedData = dataOf(flags);
  const data = nameOf(flaggedData ?? file['data']) ?? (isTaskModule(model) ? 'task' : 'glyphs');
  const stated = asObject(file['aggregation'] ?? {});
  const folder =
    flags.model === undefined && flags.experiment !== undefined ? dirname(flags.experiment) : '.';
  const experiment = parseExperiment(
    {
      ...PRESETS[data],
      ...file,
      ...defined({
        data: typeof flaggedData === 'string' ? (PRESETS[data]?.['data'] ?? flaggedData) : flaggedData,
        rounds: flags.rounds,
        batchSize: flags.batchSize,
        optimizer: flags.learningRate,
        model: flaggedModel,
      }),
      seed: flags.seed,
      aggregation: { f: flags.byzantine, ...aggregationOf(flags, stated) },
      ...(flags.committee === undefined ? {} : { committee: { size: flags.committee } }),
      roster,
    },
    '',
  );
  return pinExperiment(
    asObject(file['timing'] ?? {})['collectMinMs'] === undefined ? waitingForAll(experiment) : experiment,
    folder,
  );
}

/** As `--data` names it, without the folder, which an experiment does not hold. */
function dataOf({ data }: SimulateFlags): unknown {
  if (data === undefined) return undefined;
  const named = fromFlag(data, '--data');
  if (typeof named !== 'object' || named === null) return named;
  const { dir: _dir, ...shared } = named as Readonly<Record<string, unknown>>;
  return shared;
}

/** The folder of the data set: `--data-dir`, or the `dir` of what `--data` describes. */
function dataDirOf({ data, dataDir }: SimulateFlags): string | undefined {
  if (dataDir !== undefined || data === undefined) return dataDir;
  const named = fromFlag(data, '--data');
  const spec = typeof named === 'string' ? undefined : parseDatasetSpec(named, '--data');
  return spec !== undefined && 'dir' in spec ? spec.dir : undefined;
}

/** Such a model brings data of its own. */
function isTaskModule(model: unknown): boolean {
  return model !== undefined && parseTaskSpec(model, 'model').kind === 'task-module';
}

/** The file's rule where no flag names another; none at all is the project's default. A rule of a flag comes alone. */
function aggregationOf(
  { rule, base, pre }: SimulateFlags,
  stated: Readonly<Record<string, unknown>>,
): object {
  const f = defined({ f: stated['f'] });
  const parts = defined({ base, pre: pre?.split(',') });
  if (rule !== undefined) return { ...ruleNamed(rule), ...parts, ...f };
  if (stated['rule'] !== undefined) return { ...stated, ...parts };
  if (base !== undefined) return { ...ruleNamed('ctma'), ...parts, ...f };
  return pre === undefined ? f : { rule: DEFAULT_PIPELINE.rule, ...parts, ...f };
}

/** The rule of a flag; ctma wants a base. */
function ruleNamed(rule: string): Record<string, unknown> {
  if (isRulePath(rule)) return { rule: resolve(rule) };
  return rule === 'ctma' ? { rule, base: DEFAULT_CTMA_BASE } : { rule };
}

function nameOf(data: unknown): string | undefined {
  if (typeof data === 'string') return data;
  const { name } = asObject(data ?? {});
  return typeof name === 'string' ? name : undefined;
}

function asObject(value: unknown): Record<string, unknown> {
  if (typeof value === 'object' && value !== null && !Array.isArray(value))
    return value as Record<string, unknown>;
  throw invalidField('the experiment file', 'hold an object', value);
}

function defined(fields: Readonly<Record<string, unknown>>): Record<string, unknown> {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined));
}
