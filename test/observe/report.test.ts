import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { html } from '../../src/observe/html-text.ts';
import { readRun } from '../../src/observe/read-run.ts';
import { reportPage } from '../../src/observe/report.ts';
import { reportCsv } from '../../src/observe/report-csv.ts';
import { groupsOf, summarize, type RunSummary } from '../../src/observe/run-summary.ts';
import { writeReport } from '../../nodes/observe/write-report.ts';
import { writeRun } from '../support/written-run.ts';

/** Without the white space around tags, which means nothing. */
const tight = (page: string) => page.replace(/\s*(<|>)\s*/g, '$1').replace(/\s+/g, ' ');

describe('report', () => {
  let folder: string;
  beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'synod-report-'))));
  afterEach(() => rmSync(folder, { recursive: true }));

  const runOf = async (label: string, rounds: number, adversaries = 2): Promise<RunSummary> => {
    const place = join(folder, label);
    writeRun({ folder: place, peers: 8, rounds, adversaries });
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
      3,
      'attacked rounds are shaded in the figure of all runs and in each run',
    );
    assert.match(
      page,
      /Shaded: rounds with a contribution of a known attacker in any of the runs\./,
      'said of all',
    );
    assert.match(page, /known attacker \(20 of 20\)/, 'and told');
    assert.match(page, /plain mean under alie\(1\.5\)<\/td><td>10\.0 %/, 'the baseline');
    assert.match(page, /<pre>synod simulate<\/pre>/, 'the command');
    for (const part of [
      /Time by phase<\/h3>.*train<\/th><td>1\d\d ms/,
      /needed by the encodings \(received\)/,
      /test, 2 cores, 7\.45 GiB of memory, linux; Synod 0\.1\.0 on Node\.js 20; back end wasm/,
      /Experiment (ab){32}, which this file repeats:<\/p><pre>\{ &#34;rounds&#34;: 30 \}/,
      /0000\. In 20 decided rounds: trimmed in 20;/,
      /Nobody was excluded/,
    ])
      assert.match(page, part, String(part));
  });

  it('names the runs that are attacked where others are not', async () => {
    const runs = [await runOf('attacked', 20), await runOf('calm', 20, 0)];
    const page = tight(reportPage(runs));
    assert.match(page, /Shaded: rounds with a contribution of a known attacker in attacked\./, 'which');
    const calm = tight(reportPage(runs.slice(1)));
    assert.doesNotMatch(calm, /Shaded|class="attacked"/, 'nothing where nobody attacks');
  });

  it('says who was excluded and why, and which rounds changed nothing', async () => {
    const run = await runOf('run', 20);
    run.view.apply({ t: 1, e: 'conviction', peer: 3, round: 7, about: 'vote' });
    run.view.apply({ t: 2, e: 'exclusion', peer: 3, round: 8 });
    run.view.apply({ t: 3, e: 'skip', round: 9, reason: 'nothing came' });
    const page = tight(reportPage([summarize('run', run.view)]));
    assert.match(
      page,
      /0003 signed two different votes in round 7<\/li>.*round 8 took the seat of 0003 for good/,
      'why',
    );
    assert.match(page, /round 9 changed nothing: nothing came/, 'skips');
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
    const pdf = join(folder, 'r.pdf');
    await assert.rejects(writeReport([join(folder, 'one')], { out: pdf }), {
      message: `--out must end in .html or .htm, got "${pdf}"`,
    });
    await assert.rejects(writeReport([join(folder, 'one')], { out: page, csv: pdf }), {
      message: `--csv must end in .csv, got "${pdf}"`,
    });
    assert.ok(!existsSync(pdf), 'nothing is written');
  });
});
