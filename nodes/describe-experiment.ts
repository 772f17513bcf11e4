/** What an experiment means: its id, who plays, what it withstands and how long a round may take. */
import { pipelineName } from '../src/aggregation/pipeline-name.ts';
import { baseOf, ruleOf } from '../src/aggregation/specs.ts';
import { committeeFailure } from '../src/committee/committee-size.ts';
import { experimentId, type Experiment } from '../src/config/experiment.ts';
import type { ExperimentSize } from '../src/config/experiment-size.ts';
import type { PeerId } from '../src/crypto/peer-id.ts';
import { PROTOCOL_VERSION } from '../src/messages/protocol-version.ts';
import { durationText } from '../src/observe/sentences.ts';
import { bodiesText, memoryText, parametersText } from '../src/run/known-size.ts';
import { priceText, rulePrice, type RulePrice } from './rule-price.ts';

export interface ExperimentDescription extends Partial<ExperimentSize> {
  readonly experiment: string;
  /** Builds with another protocol version are another experiment to each other. */
  readonly protocolVersion: number;
  readonly name: string;
  readonly rounds: number;
  readonly model: string;
  readonly data: string;
  readonly peers: number;
  readonly cohort: { readonly size: number; readonly minimum: number };
  /**
   * `price`: what one aggregation costs beside a plain mean, in passes over the contributions and products; absent for a rule
   * of the user's own, whose file is not run here.
   */
  readonly rule: { readonly name: string; readonly f: number; readonly price?: RulePrice };
  /** `mayMiss`: members that may be away or Byzantine without stopping a round. */
  readonly committee: { readonly size: number; readonly mayMiss: number; readonly failure: number };
  readonly admission: string;
  /** What the line of `--line` needs for `memberReceivesBytes`. */
  readonly memberReceivesSeconds?: number;
  /** What could not be looked at, and what would let it. */
  readonly notChecked?: string;
  /** Of the peer that was asked about; -1 where the roster does not name it. */
  readonly place?: { readonly peer: PeerId; readonly index: number };
}

export interface AskedOfExperiment {
  /** Tells the place of this peer in the roster. */
  readonly self?: PeerId | undefined;
  /** Undefined where only the files of the data set tell it. */
  readonly size?: ExperimentSize | undefined;
  readonly lineBytesPerSecond?: number | undefined;
}

export function describeExperiment(
  experiment: Experiment,
  { self, size, lineBytesPerSecond }: AskedOfExperiment = {},
): ExperimentDescription {
  const { name, rounds, model, data, roster, cohort, aggregation, committee, admission } = experiment;
  return {
    experiment: experimentId(experiment),
    protocolVersion: PROTOCOL_VERSION,
    name,
    rounds,
    model: model.kind,
    data: data.name,
    peers: roster.length,
    cohort,
    rule: {
      name: pipelineName(aggregation.pipeline),
      f: aggregation.f,
      ...(ruleOf(baseOf(aggregation.pipeline.rule)) && {
        price: rulePrice(aggregation.pipeline, cohort.size),
      }),
    },
    committee: {
      size: committee.size,
      mayMiss: Math.floor((committee.size - 1) / 3),
      failure: committeeFailure(roster.length, committee.byzantine, committee.size),
    },
    admission: admission.policy,
    ...(size ?? {
      notChecked: `sizes, and whether ${model.kind} takes this data: only the files of ${data.name} tell; --data-dir DIR checks it`,
    }),
    ...(size === undefined || lineBytesPerSecond === undefined
      ? {}
      : { memberReceivesSeconds: size.memberReceivesBytes / lineBytesPerSecond }),
    ...(self === undefined ? {} : { place: { peer: self, index: roster.indexOf(self) } }),
  };
}

export function printDescription(description: ExperimentDescription): string {
  const {
    experiment,
    protocolVersion,
    name,
    rounds,
    model,
    data,
    peers,
    cohort,
    rule,
    committee,
    admission,
    memberReceivesSeconds,
    notChecked,
    place,
  } = description;
  const lines = [
    `experiment ${experiment}`,
    `  ${name}: ${rounds} rounds of ${model} on ${data}, ${peers} peers, admission ${admission}, protocol version ${protocolVersion}`,
    `  cohort of ${cohort.size}, a round needs ${cohort.minimum} contributions; ${rule.name} bears f = ${rule.f}`,
    ...(rule.price === undefined ? [] : [`  one aggregation is ${priceText(rule.price)}`]),
    `  committee of ${committee.size}, of which ${committee.mayMiss} may be away or Byzantine`,
  ];
  if (committee.failure > 0) {
    lines.push(`  a committee is unsafe with a chance of ${committee.failure.toPrecision(2)} a round`);
  }
  if (isSized(description)) {
    const seconds =
      memberReceivesSeconds === undefined ? '' : `, ${durationText(memberReceivesSeconds)} on such a line`;
    lines.push(
      `  ${parametersText(description)}`,
      `  ${bodiesText(description)}${seconds}`,
      `  ${memoryText(description)}`,
    );
  }
  if (notChecked !== undefined) lines.push(`  not checked: ${notChecked}`);
  if (place !== undefined) {
    lines.push(
      place.index < 0
        ? `  ${place.peer} is NOT in the roster`
        : `  ${place.peer} is peer ${place.index + 1} of the roster`,
    );
  }
  return `${lines.join('\n')}\n`;
}

function isSized(description: ExperimentDescription): description is ExperimentDescription & ExperimentSize {
  return description.parameters !== undefined;
}
