import assert from 'node:assert/strict';
import { compressorsTable } from '../../src/compression/compressor-table.ts';
import { tableIn } from '../support/page-table.ts';

describe('the table of compressors', () => {
  it('stands in docs/compression.md as `npm run docs:tables` writes it', () => {
    assert.deepEqual(tableIn('compression.md', compressorsTable()), compressorsTable());
  });
});
