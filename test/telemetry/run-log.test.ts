import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RotatingFile } from '../../src/telemetry/rotating-file.ts';
import { createRunLog } from '../../src/telemetry/run-log.ts';
import { shownText } from '../../src/telemetry/shown-text.ts';

/** What a stranger may call its protocol: clears the screen, sets the title, goes back over the line, writes backwards. */
const EVIL = '\u001b[2J\u001b]0;owned\u0007\rfine\u009b31m\u202eevil\u2028\n';

describe('the log of a run', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'synod-log-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  it('shows what strangers write as text, on the terminal and in the file', () => {
    const path = join(folder, 'log.jsonl');
    const shown: string[] = [];
    const write = process.stderr.write.bind(process.stderr);
    process.stderr.write = (text: string) => shown.push(text) > 0;
    try {
      const log = createRunLog(path, { verbose: false, name: 'alice' });
      log.warn(`speaks ${EVIL}`, { protocols: [EVIL], name: EVIL });
      log.close();
    } finally {
      process.stderr.write = write;
    }
    const raw = readFileSync(path, 'utf8');
    for (const text of [shown.join(''), raw]) {
      for (const unsafe of new Set(EVIL.replace(/[\w\s\][;]/g, '')))
        assert.ok(!text.includes(unsafe), JSON.stringify(unsafe));
      assert.ok(!text.includes('\r'), 'no return to the start of the line');
      assert.equal(text.split('\n').length, 2, 'one line');
    }
    assert.equal((JSON.parse(raw) as { name: string }).name, EVIL, 'the file still holds what was said');
    assert.equal(shownText('plain äöü 漢字 🙂'), 'plain äöü 漢字 🙂', 'other text stays as it is');
  });

  it('is turned over when it is full, and the oldest goes', () => {
    const path = join(folder, 'log.jsonl');
    const file = new RotatingFile(path, { maxBytes: 100, kept: 2, onFault: assert.ifError });
    const line = (number: number): string => `${String(number).padStart(29, '0')}\n`;
    for (let i = 0; i < 20; i++) file.write(line(i));
    file.end();
    assert.deepEqual(readdirSync(folder).sort(), ['log.jsonl', 'log.jsonl.1', 'log.jsonl.2']);
    const kept = ['log.jsonl.2', 'log.jsonl.1', 'log.jsonl'].map((name) =>
      readFileSync(join(folder, name), 'utf8'),
    );
    assert.equal(
      kept.join(''),
      Array.from({ length: 8 }, (_, i) => line(12 + i)).join(''),
      'the newest, in order',
    );
    for (const name of readdirSync(folder)) assert.ok(statSync(join(folder, name)).size <= 100, name);
    const again = new RotatingFile(path, { maxBytes: 100, kept: 2, onFault: assert.ifError });
    for (let i = 20; i < 23; i++) again.write(line(i));
    again.end();
    assert.equal(
      readFileSync(join(folder, 'log.jsonl'), 'utf8'),
      [21, 22].map(line).join(''),
      'goes on where it was',
    );
  });
});
