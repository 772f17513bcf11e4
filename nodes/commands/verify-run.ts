/** `synod verify-run`: checks the whole history in a peer's folder offline, from genesis. */
import type { CommandModule } from 'yargs';

interface VerifyRunArguments {
  readonly dir: string;
  readonly recompute: boolean;
  readonly experiment: string | undefined;
  readonly 'data-dir': string | undefined;
  readonly threads: number;
  readonly json: boolean;
}

const REPORT_EVERY_MS = 2_000;

export const verifyRun: CommandModule<object, VerifyRunArguments> = {
  command: 'verify-run <dir>',
  describe: 'check every certificate, sampling, beacon proof and state digest of a run, offline',
  builder: (yargs) =>
    yargs
      .positional('dir', { type: 'string', demandOption: true, describe: 'the folder of a stopped peer' })
      .option('recompute', {
        type: 'boolean',
        default: false,
        describe: 'compute every aggregate again (needs --keep-contributions in synod peer)',
      })
      .option('experiment', { type: 'string', describe: 'the experiment file that the run must belong to' })
      .option('data-dir', { type: 'string', describe: 'where the data set lies; downloaded where absent' })
      .option('threads', { type: 'number', default: 1, describe: 'threads that aggregate' })
      .option('json', { type: 'boolean', default: false, describe: 'print one JSON object' }),
  handler: async (flags) => {
    const { describeReport, verifyRun: verify } = await import('../history/verify-run.ts');
    let saidAt = performance.now();
    const onRound = (round: number, last: number) => {
      if (performance.now() - saidAt < REPORT_EVERY_MS) return;
      saidAt = performance.now();
      process.stderr.write(`round ${round} of ${last}\n`);
    };
    const report = await verify({ ...flags, dataDir: flags['data-dir'] }, onRound);
    process.stdout.write(
      flags.json ? `${JSON.stringify(report)}\n` : describeReport(report, flags.recompute),
    );
    if (!report.ok) process.exitCode = 1;
  },
};
