/**
 * `synod doctor`: what this machine offers to training. Every back end is started and differentiates a small probe in a
 * process of its own, so that a driver that crashes is a line of the report.
 */
import { spawn } from 'node:child_process';
import type { BackendName } from '../../src/training/backends/all-backends.ts';
import { json } from '../cli/common-flags.ts';
import { defineCommand } from '../cli/command.ts';
import { text } from '../cli/flag.ts';

interface BackendReport {
  readonly name: BackendName;
  readonly usable: boolean;
  /** The device where it is usable, else why it is not. */
  readonly detail: string;
}

const PROBE_MS = 60_000;

export const doctor = defineCommand({
  name: 'doctor',
  summary: 'Node.js, cores, memory and every training back end, with the reason where one cannot be used',
  examples: [{ command: 'synod doctor', about: 'what `--backend auto` takes here, and why not the others' }],
  arguments: {},
  flags: {
    json,
    probe: text({ about: 'try one back end in this process', placeholder: 'NAME', hidden: true }),
  },
  async run({ json: asJson, probe }) {
    const { BACKEND_NAMES } = await import('../../src/training/backends/all-backends.ts');
    const probed = BACKEND_NAMES.find((name) => name === probe);
    if (probed !== undefined) {
      process.stdout.write(`${JSON.stringify(await probeHere(probed))}\n`);
      return;
    }
    const os = await import('node:os');
    const backends: BackendReport[] = [];
    for (const name of BACKEND_NAMES) backends.push(await probeInChild(name));
    const report = {
      node: process.versions.node,
      platform: `${process.platform} ${process.arch}`,
      cores: os.availableParallelism(),
      cpu: os.cpus()[0]?.model.trim() ?? 'unknown',
      memoryMiB: Math.round(os.totalmem() / 2 ** 20),
      freeMemoryMiB: Math.round(os.freemem() / 2 ** 20),
      backends,
      auto: backends.find(({ usable }) => usable)?.name ?? null,
    };
    const lines = [
      `Node.js    ${report.node} on ${report.platform}`,
      `cores      ${report.cores} (${report.cpu})`,
      `memory     ${report.memoryMiB} MiB, ${report.freeMemoryMiB} MiB free`,
      ...backends.map(
        ({ name, usable, detail }) => `${name.padEnd(14)} ${usable ? 'works:  ' : 'skipped:'} ${detail}`,
      ),
      report.auto === null ? 'No back end works here.' : `--backend auto uses ${report.auto}.`,
    ];
    (asJson ? process.stderr : process.stdout).write(`${lines.join('\n')}\n`);
    if (asJson) process.stdout.write(`${JSON.stringify(report)}\n`);
  },
});

async function probeHere(name: BackendName): Promise<BackendReport> {
  const { startBackend } = await import('../../src/training/backends/start-backend.ts');
  const { BackendUnavailable } = await import('../../src/training/backends/define-backend.ts');
  try {
    const backend = await startBackend(name, { allowSoftware: false });
    const { description } = backend;
    backend.close();
    return { name, usable: true, detail: description };
  } catch (error) {
    if (!(error instanceof BackendUnavailable)) throw error;
    return { name, usable: false, detail: error.message };
  }
}

function probeInChild(name: BackendName): Promise<BackendReport> {
  return new Promise((resolve) => {
    const program = [...process.execArgv, process.argv[1] ?? '', 'doctor', '--probe', name];
    const child = spawn(process.execPath, program, {
      stdio: ['ignore', 'pipe', 'ignore'],
      timeout: PROBE_MS,
    });
    let output = '';
    child.stdout.setEncoding('utf8').on('data', (text: string) => (output += text));
    child.on('error', (error) => resolve({ name, usable: false, detail: error.message }));
    child.on('close', (code, signal) => {
      try {
        resolve(JSON.parse(output.trim().split('\n').at(-1) ?? '') as BackendReport);
      } catch {
        const end = signal === null ? `exit code ${code}` : signal;
        resolve({ name, usable: false, detail: `its probe ended with ${end} and no answer` });
      }
    });
  });
}
