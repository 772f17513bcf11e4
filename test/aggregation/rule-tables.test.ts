import assert from 'node:assert/strict';
import { ALL_PRE_AGGREGATORS } from '../../src/aggregation/all-pre-aggregators.ts';
import { ALL_RULES } from '../../src/aggregation/all-rules.ts';
import { preAggregatorsTable, rulesTable } from '../../src/aggregation/rule-tables.ts';
import { tableIn } from '../support/page-table.ts';

describe('tables of rules', () => {
  it('stand in docs/aggregation.md as `npm run docs:tables` writes them', () => {
    for (const table of [rulesTable(), preAggregatorsTable()]) {
      assert.deepEqual(tableIn('aggregation.md', table), table);
    }
  });

  it('has each rule and pre-aggregator say what its settings are', () => {
    for (const { name, settings, about = '' } of [...ALL_RULES, ...ALL_PRE_AGGREGATORS]) {
      for (const setting of settings) {
        assert.ok(about.includes(`\`${setting}\``), `${name} names ${setting}`);
      }
    }
  });
});
