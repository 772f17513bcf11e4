/** `synod verify-run`: checks the whole history in a peer's folder offline, from genesis. */
import { dataDir, json, threads } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text, toggle } from '../cli/flag.ts';

const REPORT_EVERY_MS = 2_000;

export const verifyRun = defineCommand({
  name: 'verify-run',
  summary: 'check every certificate, sampling, beacon proof and state digest of a run, offline',
  examples: [
    { command: 'synod verify-run alice', about: 'the history of a stopped peer, from the first round on' },
    {
      command: 'synod verify-run alice --recompute',
      about: 'and every aggregate, of a peer that ran with --keep-contributions',
    },
  ],
  arguments: {
    dir: text({ about: 'the folder of a stopped peer', placeholder: 'DIR', required: true }),
  },
  flags: {
    recompute: toggle({ about: 'compute every aggregate again (needs --keep-contributions in synod peer)' }),
    experiment: text({ about: 'the experiment file that the run must belong to', placeholder: 'FILE' }),
    trust: text({
      about: 'a state that the history must contain, as a peer or this command prints it (docs/attacks.md)',
      placeholder: 'ROUND:DIGEST',
    }),
    dataDir,
    threads: { ...threads, about: 'threads that aggregate', fallback: 1, defaultText: '1' },
    json,
  },
  async run(flags) {
    const [{ verifyRun: verify }, { describeReport }, { provideData }] = await Promise.all([
      import('../../src/run/verify-run.ts'),
      import('../history/describe-verified.ts'),
      import('../provide-data.ts'),
    ]);
    let saidAt = performance.now();
    const onRound = (round: number, last: number) => {
      if (performance.now() - saidAt < REPORT_EVERY_MS) return;
      saidAt = performance.now();
      process.stderr.write(`round ${round} of ${last}\n`);
    };
    const report = await verify(flags, onRound, provideData);
    process.stdout.write(
      flags.json ? `${JSON.stringify(report)}\n` : describeReport(report, flags.recompute),
    );
    if (!report.ok) process.exitCode = 1;
  },
});
