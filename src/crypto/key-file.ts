/**
 * A peer's key in a file of its own: PKCS #8 in PEM (RFC 5958, RFC 8410), which openssl reads too. Made once, readable
 * by its owner only; a file that others can read is refused, since whoever read it can sign in the peer's name.
 */
import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { lstat, readFile, realpath, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { fileFault } from '../files/file-fault.ts';
import { makeFolder } from '../files/folder.ts';
import { writeWholeFile } from '../files/whole-file.ts';
import { OperatorError } from '../foundation/operator-error.ts';
import { systemCodeOf } from '../foundation/system-fault.ts';
import { PeerKey, SEED_BYTES, privateKeyOf } from './peer-key.ts';

export const KEY_FILE_NAME = 'peer.key';

const OTHERS = 0o077;

/** Makes a key and writes it whole or not at all; refuses to write over an existing file. */
export async function createKeyFile(path: string): Promise<PeerKey> {
  if (await isThere(path)) {
    throw new OperatorError(
      `${path} exists already: a peer keeps its key; choose another --dir for another peer`,
    );
  }
  const key = new PeerKey(new Uint8Array(randomBytes(SEED_BYTES)));
  makeFolder(dirname(path), { mode: 0o700 });
  const pem = privateKeyOf(key.seed).export({ format: 'pem', type: 'pkcs8' }).toString();
  writeWholeFile(path, pem, { mode: 0o600, exclusive: true });
  return key;
}

async function isThere(path: string): Promise<boolean> {
  return lstat(path).then(
    () => true,
    () => false,
  );
}

export async function loadKeyFile(path: string): Promise<PeerKey> {
  const pem = await readPrivately(path);
  if (pem.trim() === '') {
    throw new OperatorError(
      `${path} is empty: a full disk left it so; remove it and make a key with synod init`,
    );
  }
  let key: KeyObject;
  try {
    key = createPrivateKey(pem);
  } catch {
    throw new OperatorError(`${path} must hold a private key in PEM, as synod init writes it`);
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new OperatorError(`${path} must hold an Ed25519 key, got ${key.asymmetricKeyType ?? 'none'}`);
  }
  const { d } = key.export({ format: 'jwk' });
  return new PeerKey(new Uint8Array(Buffer.from(d ?? '', 'base64url')));
}

async function readPrivately(path: string): Promise<string> {
  try {
    const { mode } = await stat(path);
    // Windows has no such bits: what Node reports there says nothing about other users
    if (process.platform !== 'win32' && (mode & OTHERS) !== 0) {
      const file = await realpath(path);
      const link = file === resolve(path) ? '' : `, which leads to ${file},`;
      throw new OperatorError(
        `${path}${link} must be readable by its owner only (chmod 600 ${file}), got mode ${(mode & 0o777).toString(8)}`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (systemCodeOf(error) === 'ENOENT' && !(await isThere(path))) {
      throw new OperatorError(`there is no key at ${path}: make one with synod init --dir ${dirname(path)}`);
    }
    throw fileFault(error, 'read', path);
  }
}
