/** What `synod plan` computes and how it puts it into words. */
import {
  committeeFailure,
  failureOverRounds,
  leastCommitteeSize,
  planAttempts,
  redrawFactor,
  steeringChance,
  type AttemptPlan,
} from '../../src/committee/committee-size.ts';
import { leastAggregationF, leastCohortSize } from '../../src/committee/cohort-bound.ts';
import { quorumOf, toleranceOf } from '../../src/committee/sampling.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { SETTLEMENT_ROUNDS } from '../../src/protocol/limits.ts';
import { planTraffic, type Traffic } from '../../src/run/plan-traffic.ts';

const TARGETS = [1e-3, 1e-6, 1e-9];
const MOST_PEERS = 1_000_000;

export interface PlanInput {
  readonly peers: number;
  readonly byzantine: number;
  readonly failure: number;
  readonly rounds: number;
  readonly committee: number | undefined;
  readonly cohort: number;
  readonly contributionBytes: number;
  readonly updateBytes: number;
  readonly inlineBytes: number;
}

export interface SizeRow {
  readonly target: number;
  /** null: no committee is large enough. */
  readonly size: number | null;
  readonly failure: number | null;
  readonly failureOverRun: number | null;
}

export interface PlanReport {
  readonly peers: number;
  readonly byzantine: number;
  readonly rounds: number;
  readonly sizes: readonly SizeRow[];
  /** The size that the rest is about. */
  readonly committee: {
    readonly size: number;
    readonly quorum: number;
    readonly tolerated: number;
    readonly failure: number;
    readonly failureWithRedraws: number;
    readonly failureOverRun: number;
    readonly attempts: readonly AttemptPlan[];
  } | null;
  readonly cohort: {
    readonly size: number;
    /** The f that cohorts of this size exceed no more often than `--failure`. */
    readonly aggregationF: number;
    /** The least cohort in which a minority is Byzantine; null: none. */
    readonly leastSize: number | null;
  };
  readonly traffic: Traffic | null;
  /** What a proposer gains by choosing joins and leaves. */
  readonly steering: {
    /** Byzantine authors in a row that choose nothing by them. */
    readonly withstands: number;
    /** The chance a round that more of them come in a row, withholding included. */
    readonly chance: number;
  };
  readonly notDefended: readonly string[];
}

export function makePlan(input: PlanInput): PlanReport {
  checkInput(input);
  const { peers, byzantine, rounds, cohort } = input;
  const targets = [...new Set([...TARGETS, input.failure])].sort((a, b) => b - a);
  const size = input.committee ?? leastCommitteeSize(peers, byzantine, input.failure);
  const factor = redrawFactor(peers, byzantine);
  const failure = size === undefined ? 1 : committeeFailure(peers, byzantine, size);
  const failureWithRedraws = Math.min(1, failure * factor);
  return {
    peers,
    byzantine,
    rounds,
    sizes: targets.map((target) => sizeRow(input, target)),
    committee:
      size === undefined
        ? null
        : {
            size,
            quorum: quorumOf(size),
            tolerated: toleranceOf(size),
            failure,
            failureWithRedraws,
            failureOverRun: failureOverRounds(failureWithRedraws, rounds),
            attempts: planAttempts(peers, byzantine, size),
          },
    cohort: {
      size: cohort,
      aggregationF: leastAggregationF(peers, byzantine, cohort, input.failure),
      leastSize: leastCohortSize(peers, byzantine, input.failure) ?? null,
    },
    traffic: size === undefined ? null : planTraffic({ ...input, committee: size }),
    steering: {
      withstands: SETTLEMENT_ROUNDS,
      chance: steeringChance(peers, byzantine, SETTLEMENT_ROUNDS),
    },
    notDefended: notDefended(input, factor),
  };
}

function sizeRow({ peers, byzantine, rounds }: PlanInput, target: number): SizeRow {
  const size = leastCommitteeSize(peers, byzantine, target);
  if (size === undefined) return { target, size: null, failure: null, failureOverRun: null };
  const failure = committeeFailure(peers, byzantine, size);
  const withRedraws = Math.min(1, failure * redrawFactor(peers, byzantine));
  return { target, size, failure, failureOverRun: failureOverRounds(withRedraws, rounds) };
}

function checkInput(input: PlanInput): void {
  const whole = (name: string, value: number, least: number, most: number) => {
    if (!(Number.isSafeInteger(value) && value >= least && value <= most)) {
      throw invalidField(name, `be a whole number from ${least} to ${most}`, value);
    }
  };
  whole('--peers', input.peers, 1, MOST_PEERS);
  whole('--byzantine', input.byzantine, 0, input.peers - 1);
  whole('--rounds', input.rounds, 1, 1_000_000_000);
  whole('--cohort', input.cohort, 1, input.peers);
  whole('--contribution-bytes', input.contributionBytes, 1, 2 ** 40);
  whole('--update-bytes', input.updateBytes, 1, 2 ** 40);
  whole('--inline-bytes', input.inlineBytes, 0, 2 ** 20);
  if (input.committee !== undefined) whole('--committee', input.committee, 1, input.peers);
  if (!(input.failure > 0 && input.failure < 1)) {
    throw invalidField('--failure', 'be a chance between 0 and 1', input.failure);
  }
}

function notDefended({ peers, byzantine }: PlanInput, factor: number): string[] {
  const sentences = [
    `More than ${byzantine} of ${peers} identities in one hand. With open admission anyone can make identities, so this number means nothing there.`,
    'An adversary that corrupts or silences members after it learns who they are: a committee is known one round ahead.',
    `Withheld randomness: a Byzantine proposer can decline and so redraw the next seed. Planned over any number of rounds it multiplies the chance by at most (N - 2 B)/(N - 3 B) = ${factor.toFixed(3)}, which the figures over a run include.`,
    `Joins and leaves that a proposer chooses, where Byzantine peers author ${SETTLEMENT_ROUNDS + 1} rounds in a row: at most ${scientific(steeringChance(peers, byzantine, SETTLEMENT_ROUNDS)).trim()} a round. Up to ${SETTLEMENT_ROUNDS} in a row choose nothing by them.`,
    'Liveness while a third or more of a committee is away or Byzantine: the round then waits for the next attempt with a larger committee, and stops if a third of the whole roster is gone.',
    'What the aggregation rule cannot bear: a safe committee agrees on an aggregate of whatever the cohort sent.',
  ];
  if (3 * byzantine >= peers) {
    sentences.unshift(
      'Agreement: with a third or more of the roster Byzantine no committee is safe, however large.',
    );
  }
  return sentences;
}

export function printPlan(report: PlanReport): string {
  const { peers, byzantine, rounds, committee, traffic, cohort } = report;
  const lines = [
    `${peers} peers, ${byzantine} of them Byzantine (${percent(byzantine / peers)})`,
    '',
    `least committee for a chance of failure per round${' '.repeat(8)}over ${rounds} rounds`,
    ...report.sizes.map(
      ({ target, size, failure, failureOverRun }) =>
        `  ${scientific(target)}  ${
          size === null || failure === null || failureOverRun === null
            ? 'none is large enough'
            : `${String(size).padStart(7)} members, fails with ${scientific(failure)}${' '.repeat(6)}${scientific(failureOverRun)}`
        }`,
    ),
  ];
  if (committee !== null && traffic !== null) {
    lines.push(
      '',
      `a committee of ${committee.size}: quorum ${committee.quorum}, bears ${committee.tolerated} Byzantine or absent members, fails with ${scientific(committee.failure)} a round`,
      ...committee.attempts.map(
        ({ attempt, size, failure }) =>
          `  attempt ${attempt}: ${size} members, fails with ${scientific(failure)}`,
      ),
      '',
      describeCohort(cohort),
      '',
      'bytes a round without faults (gossip copies and pull overhead are estimates)',
      `  every peer receives    ${bytes(traffic.everyPeerReceives)}, certificate ${bytes(traffic.certificateBytes)} of it each time it comes`,
      `  a member also receives ${bytes(traffic.memberReceives)}`,
      `  a worker sends at most ${bytes(traffic.workerSendsAtMost)}`,
      `  the average peer       ${bytes(traffic.averageReceives)} received`,
    );
  }
  lines.push('', 'not defended:', ...report.notDefended.map((sentence) => `  - ${sentence}`), '');
  return lines.join('\n');
}

function describeCohort({ size, aggregationF, leastSize }: PlanReport['cohort']): string {
  const text = `a cohort of ${size} has at most ${aggregationF} Byzantine workers, as rarely excepted as asked for`;
  if (2 * aggregationF < size) return `${text}: set aggregation.f to ${aggregationF}`;
  const enough = leastSize === null ? 'no cohort is large enough' : `a cohort of ${leastSize} would do`;
  return `${text}: no rule bears half of its inputs, so some rounds will be lost to the adversary; ${enough}`;
}

function scientific(chance: number): string {
  return (chance === 0 ? '0' : chance === 1 ? '1' : chance.toExponential(1)).padEnd(8);
}

function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

function bytes(count: number): string {
  if (count < 10_240) return `${Math.round(count)} B`;
  if (count < 10_485_760) return `${(count / 1024).toFixed(0)} KiB`;
  return `${(count / 1_048_576).toFixed(1)} MiB`;
}
