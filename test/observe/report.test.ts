import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { html } from '../../src/observe/html-text.ts';
import { readRun } from '../../src/observe/read-run.ts';
import { reportCsv, reportPage } from '../../src/observe/report.ts';
import { groupsOf, summarize, type RunSummary } from '../../src/observe/run-summary.ts';
import { writeReport } from '../../nodes/observe/write-report.ts';
import { writeRun } from '../support/written-run.ts';

/** Without the white space around tags, which means nothing. */
const tight = (page: string) => page.replace(/\s*(<|>)\s*/g, '$1').replace(/\s+/g, ' ');

describe('report', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-report-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const runOf = async (label: string, rounds: number): Promise<RunSummary> => {
    const place = join(folder, label);
    writeRun({ folder: place, peers: 8, rounds, adversaries: 2 });
    return summarize(label, (await readRun(place)).view);
  };

  it('compares runs in one file that needs no script and nothing from elsewhere', async () => {
    const runs = [await runOf('first', 20), await runOf('second', 30)];
    const page = tight(reportPage(runs));
    assert.doesNotMatch(page, /<script|(src|href)=/i, 'self-contained');
    for (const { label, view } of runs) {
      assert.ok(page.includes(`<h2>${label}</h2>`), `${label} has its section`);
      const reached = view.evaluations.at(-1)?.accuracy ?? NaN;
      assert.ok(page.includes(`<td>${(100 * reached).toFixed(1)} %</td>`), `its accuracy ${reached}`);
    }
    assert.match(page, /2 of 8 send alie\(1\.5\)/, 'the attack');
    assert.equal(
      page.split('<rect class="attacked"').length - 1,
      2,
      'attacked rounds are shaded in each run',
    );
    assert.match(page, /known attacker \(20 of 20\)/, 'and told');
    assert.match(page, /plain mean under alie\(1\.5\)<\/td><td>10\.0 %/, 'the baseline');
    assert.match(page, /synod simulate/, 'the command');
  });

  it('takes runs that differ by seed alone as repetitions, with their spread', async () => {
    const [one, other] = [await runOf('a', 20), await runOf('b', 20)];
    Object.assign(one.view.run!, { experiment: { rounds: 20, seed: '1' } });
    Object.assign(other.view.run!, { experiment: { rounds: 20, seed: '2' } });
    assert.equal(groupsOf([one, other]).length, 1, 'one group');
    assert.match(tight(reportPage([one, other])), /a, b<\/th>.*± 0\.0 \(2 seeds\)/, 'in one row');
    Object.assign(other.view.run!, { experiment: { rounds: 21, seed: '2' } });
    assert.equal(groupsOf([one, other]).length, 2, 'two groups');
  });

  it('writes a row a round for other programs', async () => {
    const run = await runOf('only', 20);
    const [head, ...rows] = reportCsv([run])
      .trimEnd()
      .split('\n')
      .map((line) => line.split(','));
    assert.equal(rows.length, 20, 'rows');
    const column = (name: string) => head?.indexOf(name) ?? -1;
    for (const [round, row] of rows.entries()) {
      assert.equal(row.length, head?.length, 'columns');
      assert.equal(Number(row[column('round')]), round, 'round');
      assert.equal(Number(row[column('training_loss')]), run.view.loss(round), 'loss');
      assert.equal(Number(row[column('trimmed')]), 2, 'trimmed');
    }
  });

  it('keeps what a run says from becoming a tag', () => {
    assert.equal(html`<p>${'<b>"&\''}</p>`.text, '<p>&#60;b&#62;&#34;&#38;&#39;</p>', 'escaped');
  });

  it('writes its files, and refuses to write over what it reads', async () => {
    await runOf('one', 3);
    const [page, csv] = [join(folder, 'r.html'), join(folder, 'r.csv')];
    const tensorboard = join(folder, 'tb');
    await writeReport([join(folder, 'one')], { out: page, csv, tensorboard });
    assert.match(
      readdirSync(join(tensorboard, 'one')).join(),
      /^events\.out\.tfevents\.\d+\.synod$/,
      'scalars',
    );
    assert.match(readFileSync(page, 'utf8'), /^<!doctype html>/, 'page');
    assert.match(readFileSync(csv, 'utf8'), /^run,round,/, 'table');
    const log = join(folder, 'one', 'events.jsonl');
    await assert.rejects(
      writeReport([join(folder, 'one')], { out: log }),
      /--out must be none of the inputs/,
      'refused',
    );
  });
});
