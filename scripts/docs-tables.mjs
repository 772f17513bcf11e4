// Writes the tables of rules, pre-aggregators, attacks and compressors into their pages.
import { readFileSync, writeFileSync } from 'node:fs';
import { preAggregatorsTable, rulesTable } from '../dist/src/aggregation/rule-tables.js';
import { attacksTable } from '../dist/src/attacks/attack-table.js';
import { compressorsTable } from '../dist/src/compression/compressor-table.js';

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
