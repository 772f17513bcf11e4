/** The flags of `synod aggregate` as options of `aggregateFiles`, and its report in words. */
import type { RowReport } from '../../src/aggregation/aggregate.ts';
import { settingsOf } from '../../src/aggregation/specs.ts';
import type { AggregateFilesOptions, AggregateReport } from '../../src/file-aggregation/aggregate-files.ts';
import type { IntegerTensors } from '../../src/file-aggregation/vector-source.ts';
import { invalidField } from '../../src/foundation/operator-error.ts';
import type { FilledByFlags } from '../from-flag.ts';

export interface AggregateFlags {
  readonly inputs: readonly string[];
  readonly rule: string;
  readonly base: string | undefined;
  /** Names, separated by commas. */
  readonly pre: string | undefined;
  readonly f: number;
  /** key=value */
  readonly param: readonly string[];
  readonly weights: string | undefined;
  readonly integers?: IntegerTensors;
  readonly threads: number;
  readonly memory: number;
  readonly out: string;
}

export function optionsOf({
  rule,
  base,
  pre,
  param,
  memory,
  ...rest
}: AggregateFlags): AggregateFilesOptions {
  const settings = Object.fromEntries(param.map(settingOf));
  const pipeline = { ...settings, pre: namesOf(pre), rule, ...(base !== undefined && { base }) };
  return { ...rest, pipeline, memoryMiB: memory };
}

function namesOf(pre: string | undefined): string[] {
  return pre === undefined || pre === '' ? [] : pre.split(',').map((name) => name.trim());
}

/** Where the fields of the pipeline, and the settings of the work, come from. */
export function filledByFlags(
  options: Pick<AggregateFlags, 'rule' | 'base' | 'pre' | 'param'>,
): FilledByFlags {
  const { rule, base, pre, param } = options;
  const parts = [rule, ...(base === undefined ? [] : [base]), ...namesOf(pre)];
  const given = param.map((text) => (/^[^=]+/.exec(text) ?? [''])[0]);
  // what a part needs and nobody gave is a setting too
  const settings = [...given, ...parts.flatMap(settingsOf)];
  return {
    ...Object.fromEntries(settings.map((name) => [name, `--param ${name}`])),
    ...{ rule: '--rule', base: '--base', pre: '--pre', f: '--f', param: '--param' },
    ...{ weights: '--weights', memory: '--memory', threads: '--threads', out: '--out' },
  };
}

function settingOf(text: string): [string, string | number] {
  const [, key, value] = /^([^=]+)=(.+)$/.exec(text) ?? [];
  if (key === undefined || value === undefined) throw invalidField('param', 'be key=value', text);
  const number = Number(value);
  return [key, Number.isNaN(number) || value.trim() === '' ? value : number];
}

const MOST_ROWS_PRINTED = 64;

/** A few lines for people. */
export function printReport(report: AggregateReport): string {
  const { rule, n, d, f, milliseconds, readMilliseconds: read = 0, writeMilliseconds: write = 0 } = report;
  const lines = [
    `${rule} of ${n} vectors of ${d} values, f = ${f}: ${milliseconds.toFixed(1)} ms` +
      (report.streamed ? ', streamed' : ` (read ${read.toFixed(1)}, write ${write.toFixed(1)})`),
  ];
  if (report.report) {
    const { measure, rows } = report.report;
    const names = rows.slice(0, MOST_ROWS_PRINTED).map(({ row }) => report.names?.[row] ?? String(row));
    const width = Math.max('row'.length, ...names.map((name) => name.length)) + 2;
    lines.push(`${'row'.padEnd(width)}kept  ${measure}`);
    names.forEach((name, i) => {
      const { kept, distance } = rows[i] as RowReport;
      lines.push(`${name.padEnd(width)}${kept ? 'yes ' : 'no  '}  ${distance.toPrecision(6)}`);
    });
    if (rows.length > MOST_ROWS_PRINTED) lines.push(`... and ${rows.length - MOST_ROWS_PRINTED} more`);
  }
  return `${[...lines, `wrote ${report.out}`].join('\n')}\n`;
}
