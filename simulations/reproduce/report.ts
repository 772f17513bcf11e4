/** A finished grid as files: results.csv, curves.csv, report.html (self-contained) and report.md (its tables). */
import { join } from 'node:path';
import { makeFolder } from '../../src/files/folder.ts';
import { writeWholeFile } from '../../src/files/whole-file.ts';
import { drawFigure } from './figures.ts';
import type { FinishedCell, Summary, Table } from './reproduction.ts';
import { verdictText, type Verdict } from './verdict.ts';

export interface ReportInput {
  readonly title: string;
  readonly about: string;
  /** The command that gives this report again. */
  readonly command: string;
  /** What a reader must know of what was left out. */
  readonly remarks: readonly string[];
  readonly cells: readonly FinishedCell[];
  readonly summary: Summary;
}

/** Writes all files and returns their paths. */
export async function writeReport(folder: string, input: ReportInput): Promise<string[]> {
  makeFolder(folder);
  const figures = await Promise.all(input.summary.figures.map(drawFigure));
  const files: [string, string][] = [
    ['results.csv', resultsCsv(input.cells)],
    ['curves.csv', curvesCsv(input.cells)],
    ['report.html', html(input, figures)],
    ['report.md', markdown(input)],
  ];
  return files.map(([name, text]) => {
    const path = join(folder, name);
    writeWholeFile(path, text);
    return path;
  });
}

export function resultsCsv(cells: readonly FinishedCell[]): string {
  // nested settings follow from the named ones
  const settings = unionOfKeys(cells.map((cell) => cell.settings)).filter((key) =>
    cells.every((cell) => typeof cell.settings[key] !== 'object' || cell.settings[key] === null),
  );
  const values = unionOfKeys(cells.map((cell) => cell.outcome.values));
  const header = ['cell', ...settings, ...values, 'seconds', 'digest'];
  const rows = cells.map(({ id, settings: s, outcome }) => [
    id,
    ...settings.map((key) => s[key]),
    ...values.map((key) => outcome.values[key]),
    outcome.seconds.toFixed(1),
    outcome.digest,
  ]);
  return [header, ...rows].map((row) => row.map(csvField).join(',')).join('\n') + '\n';
}

function curvesCsv(cells: readonly FinishedCell[]): string {
  const rows = cells.flatMap(({ id, outcome }) => outcome.curve.map(({ x, y }) => [id, x, y]));
  return [['cell', 'x', 'y'], ...rows].map((row) => row.map(csvField).join(',')).join('\n') + '\n';
}

function csvField(value: unknown): string {
  if (value === undefined || value === null) return '';
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

function unionOfKeys(records: readonly Readonly<Record<string, unknown>>[]): string[] {
  return [...new Set(records.flatMap((record) => Object.keys(record)))];
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

const STYLE =
  'body{font:15px/1.5 system-ui,sans-serif;max-width:1080px;margin:2em auto;padding:0 1em;color:#222}' +
  'table{border-collapse:collapse;margin:1em 0;font-variant-numeric:tabular-nums}' +
  'td,th{border:1px solid #ccc;padding:3px 9px;text-align:right}td:first-child,th:first-child{text-align:left}' +
  'th{background:#f3f3f3}.yes{color:#0a7a2f}.no{color:#b00020}code{background:#f3f3f3;padding:1px 4px}' +
  'figure{margin:1.5em 0}small{color:#666}';

function html(input: ReportInput, figures: readonly string[]): string {
  const { title, about, command, remarks, summary, cells } = input;
  const seconds = cells.reduce((sum, { outcome }) => sum + outcome.seconds, 0);
  return [
    `<!doctype html><html lang="en"><meta charset="utf-8"><title>${escape(title)}</title><style>${STYLE}</style>`,
    `<h1>${escape(title)}</h1><p>${escape(about)}</p><p>Again: <code>${escape(command)}</code></p>`,
    ...remarks.map((remark) => `<p>${escape(remark)}</p>`),
    '<h2>Verdicts</h2><ul>',
    ...summary.verdicts.map(verdictHtml),
    '</ul>',
    ...figures.map((svg) => `<figure>${svg}</figure>`),
    ...summary.tables.map(tableHtml),
    `<p><small>${cells.length} cells, ${seconds.toFixed(0)} s of thread time; raw numbers in results.csv and curves.csv beside this file.</small></p></html>`,
  ].join('\n');
}

function verdictHtml(verdict: Verdict): string {
  const { head, text } = verdictText(verdict);
  const colour = verdict.word === 'holds' ? 'yes' : verdict.word === 'does not hold' ? 'no' : '';
  return `<li><b class="${colour}">${escape(head)}</b>: ${escape(text)} <small>Rows: ${escape(verdict.rows)}.</small></li>`;
}

function tableHtml({ title, columns, rows, note }: Table): string {
  const line = (tag: string, row: readonly string[]) =>
    `<tr>${row.map((field) => `<${tag}>${escape(field)}</${tag}>`).join('')}</tr>`;
  return [
    `<h2>${escape(title)}</h2><table>`,
    line('th', columns),
    ...rows.map((row) => line('td', row)),
    '</table>',
    note === undefined ? '' : `<p><small>${escape(note)}</small></p>`,
  ].join('\n');
}

/** The tables and verdicts as Markdown, for docs; `pictures`: of the figures, between verdicts and tables. */
export function markdown(
  { title, about, command, remarks, summary }: ReportInput,
  csv = 'results.csv',
  pictures: readonly { readonly title: string; readonly path: string }[] = [],
): string {
  const lines = [`## ${title}`, '', about, '', `\`${command}\``, ''];
  for (const remark of remarks) lines.push(remark, '');
  for (const verdict of summary.verdicts) {
    const { head, text } = verdictText(verdict);
    lines.push(`- **${head}**: ${text} Rows: [${csv}](${csv}), ${verdict.rows}.`);
  }
  for (const picture of pictures) lines.push('', `![${picture.title}](${picture.path})`);
  for (const table of summary.tables) {
    lines.push('', `### ${table.title}`, '', tableMarkdown(table));
    if (table.note !== undefined) lines.push('', table.note);
  }
  return lines.join('\n') + '\n';
}

/** Without title and note. */
export function tableMarkdown({ columns, rows }: Table): string {
  const lines = [`| ${columns.join(' | ')} |`, `|${columns.map(() => '---').join('|')}|`];
  // a bar in a field would end its column
  for (const row of rows) lines.push(`| ${row.map((field) => field.replaceAll('|', '\\|')).join(' | ')} |`);
  return lines.join('\n');
}
