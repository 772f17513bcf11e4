/** docs/metrics.md: the table of metrics as a page. */
import { METRICS, type MetricDeclaration } from './metrics-table.ts';

export function metricsPage(): string {
  const all: readonly MetricDeclaration[] = Object.values(METRICS);
  return [
    '# Metrics',
    '',
    '`npm run docs:metrics` writes this page from the table of metrics (`src/telemetry/metrics-table.ts`); a test compares the two.',
    '[operations.md](operations.md#metrics) tells how they are served and what to watch.',
    '',
    '| metric | type | unit | labels | what |',
    '|---|---|---|---|---|',
    ...all.map(
      ({ name, type, unit, labels, help }) =>
        `| \`${name}\` | ${type} | ${unit} | ${labels.join(', ')} | ${help.replace(/\.$/, '').replaceAll('|', '\\|')} |`,
    ),
    '',
    'Histograms count in these buckets:',
    '',
    ...all.flatMap(({ name, unit, buckets }) =>
      buckets === undefined ? [] : [`- \`${name}\`: up to ${buckets.join(', ')} ${unit}`],
    ),
    '',
  ].join('\n');
}
