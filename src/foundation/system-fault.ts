/** What the operating system's error codes mean, in words: the one table that all programs speak from. */

const MEANINGS: Readonly<Record<string, string>> = {
  EACCES: 'this user has no right to it',
  EADDRINUSE: 'another process listens there',
  EADDRNOTAVAIL: 'this machine has no such address',
  EAGAIN: 'the system has no room for it now',
  EBUSY: 'the system or another program holds it (a mount point, a running program)',
  ECONNREFUSED: 'nothing listens there',
  ECONNRESET: 'the other side closed the connection',
  EDQUOT: 'the disk quota of this user is used up',
  EEXIST: 'it exists already',
  EFBIG: 'the file is larger than the file system or a limit (ulimit -f) allows',
  EHOSTUNREACH: 'no route leads to that host',
  EINVAL: 'the file system refuses such a name or place',
  EIO: 'the disk reports a failure',
  EISDIR: 'it is a folder',
  ELOOP: 'its links lead in a circle',
  EMFILE: 'too many files are open (ulimit -n shows the limit)',
  ENAMETOOLONG: 'a part of the name, or the whole path, is too long',
  ENETUNREACH: 'no route leads to that network',
  ENFILE: 'too many files are open on this machine',
  ENODEV: 'there is no such device',
  ENOENT: 'it does not exist',
  ENOMEM: 'there is not enough memory',
  ENOSPC: 'the disk is full',
  ENOTDIR: 'a part of its path is a file and no folder',
  ENOTEMPTY: 'the folder is not empty',
  ENOTFOUND: 'the host name does not resolve',
  ENOTSUP: 'the file system does not support it',
  ENXIO: 'there is no such device',
  EPERM: 'this user has no right to it',
  EPIPE: 'its reader is gone',
  EROFS: 'the file system is read-only',
  ESTALE: 'the network file system no longer knows it',
  ETIMEDOUT: 'no answer came in time',
  ETXTBSY: 'it is a program that runs',
  EXDEV: 'it lies on another file system',
  EAI_AGAIN: 'the host name does not resolve (no name server answers)',
};

const DEEPEST_CAUSE = 8;

/** The error of the operating system (its code is such as ENOENT) that this error is, or that caused it. */
export function systemErrorIn(error: unknown): NodeJS.ErrnoException | undefined {
  for (let at = error, depth = 0; at instanceof Error && depth < DEEPEST_CAUSE; at = at.cause, depth++) {
    const { code } = at as NodeJS.ErrnoException;
    if (typeof code === 'string' && /^E[A-Z0-9_]+$/.test(code) && !code.startsWith('ERR_')) return at;
  }
  return undefined;
}

export function systemCodeOf(error: unknown): string | undefined {
  return systemErrorIn(error)?.code;
}

/** The code in words; the code itself where the table has none. */
export function meaningOf(code: string): string {
  return MEANINGS[code] ?? `the system reports ${code}`;
}
