/** Result files read back, and the page that is made of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findReproduction } from '../../../simulations/reproduce/catalogue.ts';
import { parseCsv, readResults } from '../../../simulations/reproduce/read-results.ts';
import { resultsCsv } from '../../../simulations/reproduce/report.ts';
import type { FinishedCell } from '../../../simulations/reproduce/reproduction.ts';
import { renewPage, resultsPart } from '../../../simulations/reproduce/write-page.ts';

const whichRule = findReproduction('which-rule');

function finished(): FinishedCell[] {
  return whichRule
    .cells({ size: 'standard', seeds: [1, 2] })
    .filter(({ settings }) => settings['f'] === 4)
    .map((cell, i) => ({
      ...cell,
      outcome: { values: { accuracy: 0.5 + i / 1e4, loss: null }, curve: [], digest: 'd', seconds: 3 },
    }));
}

describe('result files', () => {
  it('hold fields with commas and quotes', () => {
    assert.deepEqual(parseCsv('a,"b, ""c""",,d\n\ne\n'), [['a', 'b, "c"', '', 'd'], ['e']]);
  });

  it('are read back as the cells that they were written from', () => {
    const cells = finished();
    const read = readResults(whichRule, 'standard', resultsCsv(cells));
    assert.deepEqual(read.seeds, [1, 2]);
    assert.deepEqual(
      read.cells.map(({ id, settings, outcome }) => [
        id,
        settings,
        outcome.values['accuracy'],
        outcome.seconds,
      ]),
      cells.map(({ id, settings, outcome }) => [id, settings, outcome.values['accuracy'], outcome.seconds]),
    );
    assert.ok(
      read.cells.every(({ outcome }) => !('loss' in outcome.values)),
      'what has no number has none',
    );
  });

  it('of another version are refused', () => {
    const csv = resultsCsv(finished().slice(0, 1)).replace('arc', 'ark').replace('\nMLP', '\nXLP');
    assert.throws(() => readResults(whichRule, 'standard', csv), /is no cell of which-rule/);
  });
});

describe('the page', () => {
  it('renews the parts that have a result file and leaves all else alone', () => {
    const page =
      'by hand\n<!-- results a -->\nold a\n<!-- end a -->\nmore\n<!-- results b -->\nold b\n<!-- end b -->\n';
    assert.equal(
      renewPage(page, (name) => (name === 'a' ? 'new a' : undefined)),
      'by hand\n<!-- results a -->\n\nnew a\n<!-- end a -->\nmore\n<!-- results b -->\nold b\n<!-- end b -->\n',
    );
  });

  it('says how much of the grid was run, and leads to the rows', () => {
    const docs = mkdtempSync(join(tmpdir(), 'synod-page-'));
    try {
      assert.equal(resultsPart(whichRule, docs), undefined, 'no result file');
      mkdirSync(join(docs, 'results'));
      const cells = finished();
      writeFileSync(join(docs, 'results', 'which-rule.csv'), resultsCsv(cells));
      const part = resultsPart(whichRule, docs) ?? '';
      assert.match(part, new RegExp(`${cells.length} runs of the grid's \\d+: the rest was not run`));
      assert.match(part, /Rows: \[results\/which-rule\.csv\]\(results\/which-rule\.csv\), setting = MLP 32/);
      assert.match(part, /\*\*not a claim of the paper\*\*/);
    } finally {
      rmSync(docs, { recursive: true, force: true });
    }
  });
});
