// Writes the tables of rules, pre-aggregators, attacks and compressors into their pages.
import { readFileSync, writeFileSync } from 'node:fs';
import { preAggregatorsTable, rulesTable } from '../src/aggregation/rule-tables.ts';
import { attacksTable } from '../src/attacks/attack-table.ts';
import { compressorsTable } from '../src/compression/compressor-table.ts';

const PAGES = {
  'aggregation.md': [rulesTable(), preAggregatorsTable()],
  'attacks.md': [attacksTable()],
  'compression.md': [compressorsTable()],
};

for (const [name, tables] of Object.entries(PAGES)) {
  const page = new URL(`../docs/${name}`, import.meta.url);
  let lines = readFileSync(page, 'utf8').split('\n');
  for (const table of tables) {
    const start = lines.indexOf(table[0]);
    if (start < 0) throw new Error(`docs/${name} has no table that begins with ${table[0]}`);
    let end = start;
    while (lines[end]?.startsWith('|')) end++;
    lines = [...lines.slice(0, start), ...table, ...lines.slice(end)];
  }
  writeFileSync(page, lines.join('\n'));
}
