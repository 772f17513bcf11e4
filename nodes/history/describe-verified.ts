/** What `synod verify-run` prints for people. */
import type { VerifyRunReport } from '../../src/run/verify-run.ts';

export function describeReport(report: VerifyRunReport, recompute: boolean): string {
  const { rounds, certified, applied, recomputed, checkpoints, faults } = report;
  const { withoutUpdate, withoutContributions, droppedBelow } = report;
  const lines = [
    `experiment ${report.experiment}`,
    `${certified} of ${rounds} rounds: certificate, committee, cohort, beacon proof and roster changes are right`,
    `${applied} of ${rounds} rounds: the stored update leads to the certified state${
      withoutUpdate === 0 ? '' : `; ${withoutUpdate} rounds have no update here`
    }`,
    ...(recompute
      ? [
          `${recomputed} of ${rounds} rounds: the contributions lead to the certified update${
            withoutContributions === 0
              ? ''
              : `; of ${withoutContributions} rounds contributions are missing here`
          }`,
        ]
      : []),
    ...(droppedBelow === 0
      ? []
      : [
          `updates and contributions of the ${droppedBelow} rounds before round ${droppedBelow} were dropped by --keep: of those rounds only the certificates are here`,
        ]),
    `${checkpoints} checkpoints hold the certified state`,
    `state after the last certified round ${report.anchor}`,
    ...(report.ok ? [`newcomers that are given --trust ${report.trust} take no other history`] : []),
    ...faults.map(({ round, what }) => `WRONG${round === null ? '' : ` in round ${round}`}: ${what}`),
    report.ok
      ? report.complete
        ? 'Everything is right.'
        : 'Everything that could be checked is right.'
      : `${faults.length} things are wrong.`,
  ];
  return `${lines.join('\n')}\n`;
}
