import assert from 'node:assert/strict';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { createKeyFile, loadKeyFile } from '../../src/crypto/key-file.ts';

describe('key file', () => {
  let folder: string;
  let path: string;
  const refused = (pattern: RegExp) => (error: unknown) =>
    error instanceof OperatorError && pattern.test(error.message) && !error.message.includes('\n');

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'synod-key-'));
    path = join(folder, 'deep', 'peer.key');
  });
  afterEach(() => rm(folder, { recursive: true }));

  it('is made for its owner alone and read back as the same peer', async () => {
    const key = await createKeyFile(path);
    const { mode } = await stat(path);
    assert.equal(mode & 0o777, 0o600, 'mode');
    assert.equal((await loadKeyFile(path)).id, key.id, 'the same peer');
    assert.match(await readFile(path, 'utf8'), /^-----BEGIN PRIVATE KEY-----\n/, 'PEM');
    const other = await createKeyFile(join(folder, 'other.key'));
    assert.notEqual(other.id, key.id, 'every key is new');
  });

  it('is never written over', async () => {
    const { id } = await createKeyFile(path);
    await assert.rejects(createKeyFile(path), refused(/exists already/), 'a second time');
    assert.equal((await loadKeyFile(path)).id, id, 'the first key is untouched');
  });

  it('is refused where others can read or write it', async () => {
    await createKeyFile(path);
    for (const mode of [0o640, 0o604, 0o620, 0o601]) {
      await chmod(path, mode);
      await assert.rejects(loadKeyFile(path), refused(/readable by its owner only/), mode.toString(8));
    }
    await chmod(path, 0o400);
    await loadKeyFile(path);
  });

  it('is refused where it is missing or holds something else', async () => {
    await assert.rejects(loadKeyFile(path), refused(/no key at .*synod init/), 'missing');
    await createKeyFile(path);
    const pem = await readFile(path, 'utf8');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    for (const [text, pattern] of [
      ['', /in PEM/],
      ['hello', /in PEM/],
      [pem.slice(0, 60), /in PEM/],
      [rsa.export({ format: 'pem', type: 'pkcs8' }) as string, /Ed25519 key, got rsa/],
    ] as const) {
      await writeFile(path, text);
      await assert.rejects(loadKeyFile(path), refused(pattern), JSON.stringify(text.slice(0, 30)));
    }
  });
});
