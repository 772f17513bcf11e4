/** Runs as a table of comma-separated values (RFC 4180). */
import { meanOf, type RunSummary } from './run-summary.ts';

/** A row a run and round: for other programs. */
export function reportCsv(runs: readonly RunSummary[]): string {
  const head =
    'run,round,seconds,training_loss,test_loss,accuracy,contributions,trimmed,absent,late,view,received_bytes,sent_bytes';
  const rows = runs.flatMap(({ label, view }) =>
    view.rounds.flatMap((seen) => {
      if (seen?.decision === undefined) return [];
      const { round, contributions, decision, startedAt, decidedAt } = seen;
      const evaluation = view.evaluations.find((candidate) => candidate.round === round);
      const all = [...seen.bytes.values()];
      return [
        [
          /[",\n]/.test(label) ? `"${label.replaceAll('"', '""')}"` : label,
          round,
          decidedAt === undefined ? '' : (decidedAt - startedAt) / 1000,
          view.loss(round) ?? '',
          evaluation?.loss ?? '',
          evaluation?.accuracy ?? '',
          contributions?.peers.length ?? '',
          contributions?.trimmed.length ?? '',
          contributions?.absent.length ?? '',
          contributions?.late.length ?? '',
          decision.view,
          meanOf(all.map(({ wireReceived }) => wireReceived)) ?? '',
          meanOf(all.map(({ wireSent }) => wireSent)) ?? '',
        ].join(','),
      ];
    }),
  );
  return `${[head, ...rows].join('\n')}\n`;
}
