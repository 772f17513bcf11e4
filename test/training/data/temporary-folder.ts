/** A folder that lives as long as one describe block, and where the real data sets are. */
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';

const REAL_DATA = process.env.SYNOD_TEST_DATA ?? '../shared/data';

/** The folder of real data sets; skips the test, saying so, where `needed` is absent from it. */
export function realData(context: Mocha.Context, needed: string): string {
  if (!existsSync(join(REAL_DATA, needed))) {
    process.stderr.write(`    skipped: ${needed} is not in ${REAL_DATA} (set SYNOD_TEST_DATA)\n`);
    context.skip();
  }
  return REAL_DATA;
}

export class TemporaryFolder {
  path = '';

  constructor() {
    before(() => {
      this.path = mkdtempSync(join(tmpdir(), 'synod-data-'));
    });
    after(() => rmSync(this.path, { recursive: true, force: true }));
  }

  /** Writes a file below the folder and returns its path. */
  write(name: string, bytes: Uint8Array | string): string {
    const path = join(this.path, name);
    mkdirSync(dirname(path), { recursive: true });
    writeFileSync(path, bytes);
    return path;
  }
}
