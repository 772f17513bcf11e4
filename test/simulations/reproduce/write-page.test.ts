/** Result files read back, and the page that is made of them. */
import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync, writeFileSync, mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { digestOf } from '../../../src/crypto/hash.ts';
import { findReproduction } from '../../../simulations/reproduce/catalogue.ts';
import { keepResults } from '../../../simulations/reproduce/keep-results.ts';
import { parseCsv, readResults, readResultsFile } from '../../../simulations/reproduce/read-results.ts';
import { resultsCsv } from '../../../simulations/reproduce/report.ts';
import type { FinishedCell } from '../../../simulations/reproduce/reproduction.ts';
import {
  renewPage,
  resultsPart,
  resultsTable,
  writePages,
} from '../../../simulations/reproduce/write-page.ts';

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

describe('kept results', () => {
  let docs: string;
  beforeEach(() => {
    docs = mkdtempSync(join(tmpdir(), 'synod-keep-'));
    mkdirSync(join(docs, 'results'));
  });
  afterEach(() => rmSync(docs, { recursive: true, force: true }));

  /** As a run of the grid leaves it. */
  const leave = (folder: string, { id, settings, outcome }: FinishedCell, accuracy: number) => {
    mkdirSync(join(folder, 'cells'), { recursive: true });
    const stored = {
      settings: digestOf('synod/reproduction-cell', JSON.stringify(settings)),
      outcome: { ...outcome, values: { accuracy } },
    };
    writeFileSync(join(folder, 'cells', `${id}.json`), JSON.stringify(stored));
  };
  const rowsOf = () =>
    new Map(
      readResultsFile(whichRule, 'standard', join(docs, 'results', 'which-rule.csv')).cells.map(
        ({ id, outcome }) => [id, outcome.values['accuracy']],
      ),
    );

  it('add the cells of a stopped run, in place of rows of the same name', () => {
    const [first, second, third] = finished() as [FinishedCell, FinishedCell, FinishedCell];
    const run = join(docs, 'run');
    leave(run, first, 0.1);
    leave(run, second, 0.2);
    assert.deepEqual(keepResults('which-rule', [run], docs), { added: 2, total: 2 }, 'a file of its own');
    const later = join(docs, 'later');
    leave(later, second, 0.7);
    leave(later, third, 0.3);
    assert.deepEqual(keepResults('which-rule', [later], docs), { added: 2, total: 3 });
    assert.deepEqual(
      rowsOf(),
      new Map([
        [first.id, 0.1],
        [second.id, 0.7],
        [third.id, 0.3],
      ]),
    );
  });

  it('take no cell of other settings, and no folder without cells', () => {
    const [first, second] = finished() as [FinishedCell, FinishedCell];
    const run = join(docs, 'run');
    leave(run, { ...first, settings: { ...first.settings, rounds: 7 } }, 0.1);
    leave(run, second, 0.2);
    assert.deepEqual(keepResults('which-rule', [run], docs), { added: 1, total: 1 });
    assert.deepEqual([...rowsOf().keys()], [second.id]);
    assert.throws(() => keepResults('which-rule', [join(docs, 'none')], docs), /DIR must be a folder/);
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
      const part = resultsPart(whichRule, docs)?.text ?? '';
      assert.match(
        part,
        new RegExp(
          `${cells.length} runs of the grid's \\d+, \\d+ minutes of one thread. The rest was not run`,
        ),
      );
      assert.match(part, /Rows: \[results\/which-rule\.csv\]\(results\/which-rule\.csv\), setting = MLP 32/);
      assert.match(part, /\*\*not a claim of the paper\*\*/);
    } finally {
      rmSync(docs, { recursive: true, force: true });
    }
  });

  it('has the figures that need no curve as files beside the rows, and single tables elsewhere', async () => {
    const docs = mkdtempSync(join(tmpdir(), 'synod-page-'));
    try {
      mkdirSync(join(docs, 'results'));
      const ctmaBase = findReproduction('ctma-base');
      const cells = ctmaBase.cells({ size: 'standard', seeds: [1] }).map((cell, i) => ({
        ...cell,
        outcome: { values: { accuracy: 0.5 + i / 1e3 }, curve: [], digest: 'd', seconds: 60 },
      }));
      writeFileSync(join(docs, 'results', 'ctma-base.csv'), resultsCsv(cells));
      const title = 'MLP 784-16-10, 300 rounds, batches of 64';
      writeFileSync(
        join(docs, 'page.md'),
        `<!-- results ctma-base -->\n<!-- end ctma-base -->\n<!-- table ctma-base: ${title} -->\nold\n<!-- end table -->\nby hand\n`,
      );
      await writePages(docs, ['page.md']);
      const page = readFileSync(join(docs, 'page.md'), 'utf8');
      assert.match(page, /!\[Accuracy against batch size, IPM 0\.1\]\(results\/ctma-base-1\.svg\)/);
      assert.match(readFileSync(join(docs, 'results', 'ctma-base-1.svg'), 'utf8'), /^<svg/);
      assert.equal(page.match(/svg\)/g)?.length, 2, 'the figure over rounds has no points here');
      assert.match(page, /76 runs, 76 minutes of one thread\./);
      const table = resultsTable('ctma-base', title, docs) ?? 'none';
      assert.match(table, /^\| pipeline \| IPM 0\.1 \| IPM 0\.5 \| worst \|\n/);
      assert.ok(page.endsWith(`-->\n\n${table}\n\n<!-- end table -->\nby hand\n`), 'nothing of the old one');
      assert.throws(() => resultsTable('ctma-base', 'another', docs), /table ctma-base must be one of MLP/);
    } finally {
      rmSync(docs, { recursive: true, force: true });
    }
  });
});
