/** `npm run scale-peers -- [--d 1e6] [--rounds 3] [--no-newcomer]`: prints one JSON object. */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { runScale } from './scale-run.ts';

const { values } = parseArgs({
  options: {
    d: { type: 'string', default: '1e6' },
    rounds: { type: 'string', default: '3' },
    'no-newcomer': { type: 'boolean', default: false },
  },
});
const folder = await mkdtemp(join(tmpdir(), 'synod-scale-'));
try {
  const report = await runScale({
    folder,
    d: Number(values.d),
    rounds: Number(values.rounds),
    withNewcomer: !values['no-newcomer'],
    say: (line) => void process.stderr.write(`${line}\n`),
  });
  process.stdout.write(`${JSON.stringify(report)}\n`);
} finally {
  await rm(folder, { recursive: true });
}
