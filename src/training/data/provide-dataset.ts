/**
 * Makes a spec openable: finds its folder or downloads its files. Done once by a program before it starts its workers,
 * which then open the spec that comes back.
 */
import { accessSync, constants, existsSync, statSync } from 'node:fs';
import { rm } from 'node:fs/promises';
import { homedir } from 'node:os';
import { join, resolve } from 'node:path';
import { fileFault } from '../../files/file-fault.ts';
import { makeFolder } from '../../files/folder.ts';
import { OperatorError, invalidField } from '../../foundation/operator-error.ts';
import type { DatasetSpec } from './dataset-spec.ts';
import { downloadFile, type DownloadOptions } from './download.ts';
import { DOWNLOAD_SOURCES, type DownloadFile, type DownloadSource } from './download-sources.ts';
import { withFileLock } from './file-lock.ts';
import { unpackTar } from './untar.ts';

export interface ProvideOptions extends DownloadOptions {
  /** `--data-dir`: where the operator keeps the files; nothing is downloaded then. */
  readonly dataDir?: string;
  /** Where downloads are kept; `defaultCacheDir()` unless given. */
  readonly cacheDir?: string;
  /** Other places to download from. */
  readonly sources?: Readonly<Record<string, DownloadSource>>;
}

/** The spec with its `dir`. Throws OperatorError where there is none and nothing to download. */
export async function provideDataset(spec: DatasetSpec, options: ProvideOptions = {}): Promise<DatasetSpec> {
  const isRead = spec.name !== 'glyphs' && spec.name !== 'task';
  const dir = options.dataDir ?? (isRead ? spec.dir : undefined);
  // a folder that is named must be there, even where nothing is read from it
  if (dir !== undefined) {
    if (!existsSync(dir)) throw invalidField('the data folder', 'exist', dir);
    if (!statSync(dir).isDirectory()) throw invalidField('the data folder', 'be a folder', dir);
  }
  if (!isRead) return spec;
  if (dir !== undefined) return { ...spec, dir: resolve(dir) };
  const source = (options.sources ?? DOWNLOAD_SOURCES)[spec.name];
  if (source === undefined) {
    throw invalidField(
      'data.dir (or --data-dir)',
      `be given for ${spec.name}, which cannot be downloaded`,
      dir,
    );
  }
  const cache = join(options.cacheDir ?? defaultCacheDir(), spec.name);
  if (!isComplete(source, cache)) {
    makeCache(cache);
    await withFileLock(join(cache, 'download.lock'), () => fetchMissing(source, cache, options), options);
  }
  return { ...spec, dir: cache };
}

/** Sees that downloads can be kept before anything is asked of a mirror. */
function makeCache(cache: string): void {
  try {
    makeFolder(cache);
    accessSync(cache, constants.W_OK);
  } catch (error) {
    const { message } = fileFault(error, 'write', join(cache, 'download.lock'));
    throw new OperatorError(
      `data sets that are downloaded cannot be kept: ${message} (SYNOD_DATA_DIR names another folder, --data-dir one that holds the files)`,
      { cause: error },
    );
  }
}

/** SYNOD_DATA_DIR, else `synod/data` in the user's data folder (XDG Base Directory; LOCALAPPDATA on Windows). */
export function defaultCacheDir(environment: NodeJS.ProcessEnv = process.env): string {
  const { SYNOD_DATA_DIR, XDG_DATA_HOME, LOCALAPPDATA } = environment;
  if (SYNOD_DATA_DIR) return SYNOD_DATA_DIR;
  const base = XDG_DATA_HOME || LOCALAPPDATA || join(homedir(), '.local', 'share');
  return join(base, 'synod', 'data');
}

function isComplete(source: DownloadSource, dir: string): boolean {
  return source.files.every((file) => isPresent(file, dir));
}

function isPresent({ name, unpack }: DownloadFile, dir: string): boolean {
  return (unpack ?? [name]).every((part) => existsSync(join(dir, part)));
}

async function fetchMissing(source: DownloadSource, dir: string, options: ProvideOptions): Promise<void> {
  for (const file of source.files) {
    if (isPresent(file, dir)) continue;
    const path = join(dir, file.name);
    const urls = source.mirrors.map((mirror) => mirror + file.name);
    await downloadFile({ urls, path, checksum: file.checksum }, options);
    if (file.unpack === undefined) continue;
    await unpackTar(path, dir, file.unpack);
    await rm(path, { force: true });
  }
}
