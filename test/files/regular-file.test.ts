import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openRegular, readJson, readRegular } from '../../src/files/regular-file.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';

describe('regular files', () => {
  const folder = mkdtempSync(join(tmpdir(), 'synod-regular-'));
  const at = (name: string): string => join(folder, name);
  after(() => rmSync(folder, { recursive: true }));

  const refused = (read: () => unknown, sentence: RegExp): void => {
    assert.throws(
      read,
      (error) => error instanceof OperatorError && sentence.test(error.message),
      String(sentence),
    );
  };

  it('are read whole, up to a bound', () => {
    writeFileSync(at('five'), 'abcde');
    assert.equal(readRegular(at('five'), 5).toString(), 'abcde', 'as many bytes as are allowed');
    refused(() => readRegular(at('five'), 4), /five must be at most 4 bytes long, got 5/);
  });

  it('are no folders, devices or dead links, and need not be waited for', function () {
    if (process.platform === 'win32') this.skip(); // has no pipes, devices or links in its folders
    mkdirSync(at('folder'));
    execFileSync('mkfifo', [at('pipe')]);
    symlinkSync(at('nowhere'), at('dead'));
    symlinkSync(at('loop'), at('loop'));
    symlinkSync('/dev/zero', at('device'));
    refused(() => openRegular(at('folder')), /folder must be a file, got "a folder"/);
    refused(() => openRegular(at('pipe')), /pipe must be a file, got "a pipe"/);
    refused(() => openRegular(at('device')), /device must be a file, got "a device"/);
    refused(() => openRegular(at('dead')), /cannot read .*dead: it is a link that leads nowhere/);
    refused(() => openRegular(at('loop')), /cannot read .*loop: its links lead in a circle/);
    refused(() => openRegular(at('none')), /cannot read .*none: it does not exist/);
  });

  it('hold JSON, with or without a byte order mark', () => {
    writeFileSync(at('marked.json'), '\ufeff{"a":1}');
    assert.deepEqual(readJson(at('marked.json'), 100), { a: 1 }, 'without the mark');
    writeFileSync(at('cut.json'), '{"a":');
    refused(() => readJson(at('cut.json'), 100), /cut\.json must be a JSON file, but it is malformed or cut/);
    writeFileSync(at('page.json'), '<!doctype html>');
    refused(() => readJson(at('page.json'), 100), /page\.json must be a JSON file, but it is an HTML page/);
  });
});
