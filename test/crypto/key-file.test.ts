import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { generateKeyPairSync } from 'node:crypto';
import { chmod, mkdtemp, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises';
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

  it('leaves nothing of a key that could not be written, and says why', async () => {
    const file = join(folder, 'file');
    await writeFile(file, '');
    await assert.rejects(
      createKeyFile(join(file, 'peer.key')),
      refused(/cannot make the folder .*file is a file and no folder/),
    );
    await assert.rejects(createKeyFile(join(folder, 'n'.repeat(300), 'peer.key')), refused(/too long/));
    if (process.platform !== 'linux') return; // /dev/full is a full disk
    const module = JSON.stringify(new URL('../../src/crypto/key-file.ts', import.meta.url).href);
    const code = `const { createKeyFile } = await import(${module}); await createKeyFile(${JSON.stringify(path)}).catch((e) => process.stdout.write(e.message));`;
    // a limit of no bytes for a file stands for a full disk; node ignores the signal that comes with it
    const { stdout } = spawnSync(
      'bash',
      [
        '-c',
        `ulimit -f 0; trap '' XFSZ; exec "$@"`,
        'x',
        process.execPath,
        '--import',
        'tsx',
        '--input-type=module',
        '-e',
        code,
      ],
      { encoding: 'utf8' },
    );
    assert.match(stdout, /^cannot write .*peer\.key: the file is larger than the file system or a limit/);
    await assert.rejects(stat(path), { code: 'ENOENT' });
  });

  it('names what a link leads to', async () => {
    await createKeyFile(path);
    const link = join(folder, 'link.key');
    await chmod(path, 0o644);
    await symlink(path, link);
    await assert.rejects(
      loadKeyFile(link),
      refused(
        /link\.key, which leads to .*peer\.key, must be readable by its owner only \(chmod 600 .*peer\.key\), got mode 644/,
      ),
    );
  });

  it('is refused where it is missing or holds something else', async () => {
    await assert.rejects(loadKeyFile(path), refused(/no key at .*synod init/), 'missing');
    await createKeyFile(path);
    const pem = await readFile(path, 'utf8');
    const rsa = generateKeyPairSync('rsa', { modulusLength: 1024 }).privateKey;
    for (const [text, pattern] of [
      ['', /is empty: a full disk left it so/],
      ['hello', /in PEM/],
      [pem.slice(0, 60), /in PEM/],
      [rsa.export({ format: 'pem', type: 'pkcs8' }) as string, /Ed25519 key, got rsa/],
    ] as const) {
      await writeFile(path, text);
      await assert.rejects(loadKeyFile(path), refused(pattern), JSON.stringify(text.slice(0, 30)));
    }
  });
});
