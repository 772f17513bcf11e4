/** docs/api says what the types say; `npm run docs:api` writes it. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

function pagesOf(folder: string): Readonly<Record<string, string>> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    name.endsWith('.md'),
  );
  return Object.fromEntries(names.sort().map((name) => [name, readFileSync(join(folder, name), 'utf8')]));
}

describe('the API pages', function () {
  this.timeout(180_000);

  it('are those of the types', () => {
    const folder = mkdtempSync(join(tmpdir(), 'synod-api-'));
    try {
      const { status, stderr } = spawnSync(process.execPath, ['scripts/api-pages.mjs', folder], {
        ...{ cwd: ROOT, encoding: 'utf8' },
      });
      assert.equal(status, 0, stderr);
      assert.deepEqual(pagesOf(join(ROOT, 'docs/api')), pagesOf(folder), 'npm run docs:api writes them anew');
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });
});
