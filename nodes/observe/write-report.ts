/** What `synod report` does: reads the runs, writes the page and the table. */
import { basename, join, resolve } from 'node:path';
import { makeFolder } from '../../src/files/folder.ts';
import { checkOutputFile, checkOutputFolder } from '../../src/files/output-target.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { findLog, listParts } from '../../src/observe/log-files.ts';
import { readRun } from '../../src/observe/read-run.ts';
import { reportPage } from '../../src/observe/report.ts';
import { reportCsv } from '../../src/observe/report-csv.ts';
import { tensorboardFile } from '../../src/observe/tensorboard.ts';
import { summarize, type RunSummary } from '../../src/observe/run-summary.ts';

export interface ReportOutputs {
  readonly out: string;
  readonly csv?: string | undefined;
  /** A folder. */
  readonly tensorboard?: string | undefined;
}

export async function writeReport(
  folders: readonly string[],
  { out, csv, tensorboard }: ReportOutputs,
): Promise<void> {
  const inputs = folders.flatMap((folder) => listParts(findLog(folder)).map(({ path }) => path));
  checkOutputFile(out, { field: '--out', inputs });
  checkEnding(out, '--out', ['.html', '.htm']);
  if (csv !== undefined) {
    checkOutputFile(csv, { field: '--csv', inputs: [...inputs, out] });
    checkEnding(csv, '--csv', ['.csv']);
  }
  if (tensorboard !== undefined) checkOutputFolder(tensorboard, '--tensorboard');
  const runs: RunSummary[] = [];
  for (const [i, folder] of folders.entries()) {
    const { view, skipped, fault } = await readRun(folder);
    if (skipped > 0)
      process.stderr.write(`${folder}: ${skipped} lines are left out, the first is ${fault}\n`);
    const name = basename(resolve(folder));
    const isTaken = folders.some((other, j) => j !== i && basename(resolve(other)) === name);
    runs.push(summarize(isTaken ? folder : name, view));
  }
  writeWholeFile(out, reportPage(runs));
  if (csv !== undefined) writeWholeFile(csv, reportCsv(runs));
  if (tensorboard !== undefined) writeScalars(runs, tensorboard);
  const written = [out, csv, tensorboard].filter((path) => path !== undefined);
  process.stderr.write(`${written.join(', ')} written\n`);
}

/** A file whose name promises another format would be opened by a program that cannot read it. */
function checkEnding(path: string, flag: string, endings: readonly string[]): void {
  if (endings.some((ending) => path.toLowerCase().endsWith(ending))) return;
  throw invalidField(flag, `end in ${endings.join(' or ')}`, path);
}

/** A folder a run, which TensorBoard shows as one of its runs. */
function writeScalars(runs: readonly RunSummary[], folder: string): void {
  for (const { label, view } of runs) {
    const place = join(folder, label.replace(/[^\w.-]+/g, '_'));
    makeFolder(place);
    const begun = Math.floor(Date.parse(view.run?.startedAt ?? '') / 1000);
    writeWholeFile(join(place, `events.out.tfevents.${begun}.synod`), tensorboardFile(view));
  }
}
