/**
 * A peer's key in a file of its own: PKCS #8 in PEM (RFC 5958, RFC 8410), which openssl reads too. Made once, readable
 * by its owner only; a file that others can read is refused, since whoever read it can sign in the peer's name.
 */
import { createPrivateKey, randomBytes, type KeyObject } from 'node:crypto';
import { mkdir, open, readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { OperatorError } from '../foundation/operator-error.ts';
import { PeerKey, SEED_BYTES, privateKeyOf } from './peer-key.ts';

export const KEY_FILE_NAME = 'peer.key';

const OTHERS = 0o077;

/** Makes a key and writes it; refuses to write over an existing file. */
export async function createKeyFile(path: string): Promise<PeerKey> {
  const key = new PeerKey(new Uint8Array(randomBytes(SEED_BYTES)));
  await mkdir(dirname(path), { recursive: true, mode: 0o700 });
  const file = await open(path, 'wx', 0o600).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'EEXIST') {
      throw new OperatorError(
        `${path} exists already: a peer keeps its key; choose another --dir for another peer`,
      );
    }
    throw new OperatorError(`cannot write the key file ${path}: ${error.message}`);
  });
  try {
    await file.writeFile(privateKeyOf(key.seed).export({ format: 'pem', type: 'pkcs8' }));
    await file.sync();
  } finally {
    await file.close();
  }
  return key;
}

export async function loadKeyFile(path: string): Promise<PeerKey> {
  const pem = await readPrivately(path);
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
      throw new OperatorError(
        `${path} must be readable by its owner only (chmod 600), got mode ${(mode & 0o777).toString(8)}`,
      );
    }
    return await readFile(path, 'utf8');
  } catch (error) {
    if (error instanceof OperatorError) throw error;
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') {
      throw new OperatorError(`there is no key at ${path}: make one with synod init`);
    }
    throw new OperatorError(`cannot read the key file ${path}: ${(error as Error).message}`);
  }
}
