/**
 * Fetches a file over HTTP: mirrors in order, resumed where a transfer broke (Range, RFC 9110 section 14), accepted
 * only with the right checksum, and put in place by one rename. What has arrived stays in `<path>.part`, so the next
 * call, of this process or another, goes on from there.
 */
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdir, open, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { fileFault } from '../../files/file-fault.ts';
import { connectionFault } from '../../foundation/connection-fault.ts';
import { OperatorError } from '../../foundation/operator-error.ts';
import type { Checksum } from './download-sources.ts';

export interface DownloadProgress {
  readonly file: string;
  readonly receivedBytes: number;
  /** Absent where the server does not say. */
  readonly totalBytes?: number;
}

export interface DownloadOptions {
  readonly onProgress?: (progress: DownloadProgress) => void;
  readonly signal?: AbortSignal;
  /** A transfer that brings nothing for so long is given up. */
  readonly stallTimeoutMs?: number;
}

export interface Download {
  readonly urls: readonly string[];
  readonly path: string;
  readonly checksum: Checksum;
}

const STALL_TIMEOUT_MS = 30_000;
const LARGEST_FILE_BYTES = 2 ** 32;
/** Transfers from one mirror before the next is tried; each goes on where the last one broke. */
const ATTEMPTS = 3;

/** Leaves the file at `path`; throws OperatorError where no mirror gives it. */
export async function downloadFile(download: Download, options: DownloadOptions = {}): Promise<void> {
  const { urls, path, checksum } = download;
  await mkdir(dirname(path), { recursive: true });
  const faults: string[] = [];
  for (const url of urls) {
    try {
      await fetchFromMirror(url, download, options);
      return;
    } catch (error) {
      if (options.signal?.aborted) throw error;
      if (isLocal(error)) throw cannotWrite(path, error);
      faults.push(`${new URL(url).host}: ${connectionFault(error)}`);
    }
  }
  throw new OperatorError(
    `${basename(path)} could not be downloaded with the ${checksum.algorithm} checksum ${checksum.hex} ` +
      `(${faults.join('; ')})${proxyHint()}: get it on a machine with a network and name its folder with --data-dir`,
  );
}

/** Node's fetch goes around proxies, which is often why nothing is reached. */
function proxyHint(environment: NodeJS.ProcessEnv = process.env): string {
  const name = ['HTTPS_PROXY', 'https_proxy', 'HTTP_PROXY', 'http_proxy', 'ALL_PROXY', 'all_proxy'].find(
    (candidate) => environment[candidate],
  );
  return name === undefined ? '' : `; ${name} is set, but downloads do not go through proxies`;
}

async function fetchFromMirror(
  url: string,
  { path, checksum }: Download,
  options: DownloadOptions,
): Promise<void> {
  const part = `${path}.part`;
  for (let attempt = 1; ; attempt++) {
    try {
      const resumedFrom = await transfer(url, part, options);
      const found = await digestOf(part, checksum.algorithm);
      if (found === checksum.hex) {
        await rename(part, path);
        return;
      }
      await rm(part, { force: true });
      // bytes of an earlier transfer may be at fault: this mirror gets a chance from the start
      if (resumedFrom === 0 || attempt >= ATTEMPTS) throw new Refusal(`checksum ${found}`);
    } catch (error) {
      const isFinal = error instanceof Refusal || isLocal(error) || options.signal?.aborted === true;
      if (isFinal || attempt >= ATTEMPTS) throw error;
    }
  }
}

/** An answer that asking again will not change. */
class Refusal extends Error {}

/** Appends what is missing to the part file and returns how many bytes were there before. */
async function transfer(url: string, part: string, options: DownloadOptions): Promise<number> {
  const have = await lengthOf(part);
  const stalled = new AbortController();
  const timer = setTimeout(
    () => stalled.abort(new Error('the transfer stalled')),
    options.stallTimeoutMs ?? STALL_TIMEOUT_MS,
  );
  const signal = AbortSignal.any([stalled.signal, ...(options.signal ? [options.signal] : [])]);
  try {
    const response = await fetch(url, { signal, headers: have > 0 ? { range: `bytes=${have}-` } : {} });
    if (response.status === 416) {
      await response.body?.cancel();
      return have; // nothing is missing: the checksum decides
    }
    if (!response.ok || response.body === null) {
      await response.body?.cancel();
      throw new Refusal(`HTTP ${response.status}`);
    }
    const start = response.status === 206 ? have : 0;
    if (response.status === 206 && !response.headers.get('content-range')?.startsWith(`bytes ${have}-`)) {
      await response.body.cancel();
      await rm(part, { force: true });
      throw new Error('the server resumed at another place');
    }
    await writeBody(response, part, start, options, () => timer.refresh());
    return start;
  } finally {
    clearTimeout(timer);
  }
}

async function writeBody(
  response: Response,
  part: string,
  start: number,
  { onProgress }: DownloadOptions,
  onChunk: () => void,
): Promise<void> {
  // fetch unpacks a content encoding, and then the stated length is not that of the bytes that arrive
  const length = response.headers.has('content-encoding') ? null : response.headers.get('content-length');
  const total = length === null ? {} : { totalBytes: start + Number(length) };
  const file = await open(part, start > 0 ? 'r+' : 'w');
  let at = start;
  try {
    for await (const chunk of response.body as ReadableStream<Uint8Array>) {
      if (at + chunk.length > LARGEST_FILE_BYTES) throw new Refusal(`more than ${LARGEST_FILE_BYTES} bytes`);
      await file.write(chunk, 0, chunk.length, at);
      at += chunk.length;
      onChunk();
      onProgress?.({ file: basename(part, '.part'), receivedBytes: at, ...total });
    }
    await file.truncate(at);
    await file.sync();
  } finally {
    await file.close();
  }
}

async function lengthOf(path: string): Promise<number> {
  try {
    return (await stat(path)).size;
  } catch {
    return 0;
  }
}

export async function digestOf(path: string, algorithm: Checksum['algorithm']): Promise<string> {
  const hash = createHash(algorithm);
  for await (const chunk of createReadStream(path)) hash.update(chunk as Buffer);
  return hash.digest('hex');
}

const LOCAL_CODES = new Set(['ENOSPC', 'EACCES', 'EPERM', 'EROFS', 'EISDIR', 'EDQUOT', 'ENOTDIR']);

function isLocal(error: unknown): boolean {
  const { code, syscall } = error as NodeJS.ErrnoException;
  return code !== undefined && LOCAL_CODES.has(code) && syscall !== 'connect';
}

function cannotWrite(path: string, error: unknown): OperatorError {
  return fileFault(error, 'write', path);
}
