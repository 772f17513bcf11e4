/** Prints the rows of bench:aggregation, one table for each shape. */
import Table from 'cli-table3';

export interface Row {
  readonly n: number;
  readonly d: number;
  readonly threads: number;
  readonly name: string;
  readonly milliseconds: number;
  /** Input bytes, n d 4, for each second. */
  readonly gigabytesPerSecond: number;
  /** Where the work is products and sums: of a symmetric matrix, n (n + 1) d operations. */
  readonly gigaflops?: number;
  /** Time over that of memcpy of the input bytes: below 1 is faster than copying them. */
  readonly timeOverMemcpy: number;
  /** Times that plain typed arrays take. */
  readonly plainOverTime?: number;
}

export function printTable(rows: readonly Row[], machine: object): void {
  process.stdout.write(`${JSON.stringify(machine)}\n`);
  for (const shape of new Set(rows.map(({ n, d }) => `${n} x ${d}`))) {
    const table = new Table({
      head: [shape, 'threads', 'ms', 'GB/s', 'GFLOP/s', 'time / memcpy', 'plain / time'],
      style: { head: [], border: [] },
    });
    for (const row of rows.filter(({ n, d }) => `${n} x ${d}` === shape)) {
      table.push([
        row.name,
        row.threads,
        row.milliseconds.toFixed(1),
        row.gigabytesPerSecond.toFixed(1),
        row.gigaflops?.toFixed(1) ?? '',
        row.timeOverMemcpy.toFixed(2),
        row.plainOverTime?.toFixed(1) ?? '',
      ]);
    }
    process.stdout.write(`${table.toString()}\n`);
  }
}
