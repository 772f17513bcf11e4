/** Where the parts of an event log lie, and reading them from a position on, a bounded piece at a time. */
import { existsSync, readdirSync } from 'node:fs';
import { open, type FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { OperatorError } from '../foundation/operator-error.ts';

export const CURRENT_FILE = 'events.jsonl';

export interface LogPart {
  readonly part: number;
  readonly path: string;
}

export interface Position {
  readonly part: number;
  /** Bytes from the start of the part; between lines. */
  readonly offset: number;
}

export const START: Position = { part: 0, offset: 0 };

export function rotatedName(part: number): string {
  return `events-${String(part).padStart(6, '0')}.jsonl`;
}

/** The parts that are there, oldest first; the last one is being written, or was. */
export function listParts(folder: string): LogPart[] {
  if (!existsSync(folder)) return [];
  const rotated = readdirSync(folder)
    .flatMap((name) => {
      const digits = /^events-(\d{6})\.jsonl$/.exec(name)?.[1];
      return digits === undefined ? [] : [{ part: Number(digits), path: join(folder, name) }];
    })
    .sort((a, b) => a.part - b.part);
  const current = join(folder, CURRENT_FILE);
  if (!existsSync(current)) return rotated;
  return [...rotated, { part: (rotated.at(-1)?.part ?? -1) + 1, path: current }];
}

/** The folder of a run's log: the one named, or one below it that alone holds a log. Throws an OperatorError. */
export function findLog(folder: string): string {
  if (listParts(folder).length > 0) return folder;
  const below = existsSync(folder)
    ? readdirSync(folder, { withFileTypes: true })
        .filter((entry) => entry.isDirectory())
        .map(({ name }) => join(folder, name))
        .filter((path) => listParts(path).length > 0)
    : [];
  const [only, another] = below;
  if (only === undefined)
    throw new OperatorError(`the run must be a folder with ${CURRENT_FILE}, got ${folder}`);
  if (another === undefined) return only;
  throw new OperatorError(
    `${folder} holds ${below.length} runs: name one of ${below.slice(0, 8).join(', ')}`,
  );
}

const PIECE_BYTES = 1 << 20;
const LONGEST_LINE_BYTES = 16 << 20;

/**
 * Whole lines from a position on, and the position after them; undefined where there are none yet. A position in a part
 * that is gone goes on at the oldest that is there.
 */
export async function readPiece(
  folder: string,
  from: Position,
): Promise<{ readonly text: string; readonly next: Position } | undefined> {
  let position = from;
  for (;;) {
    const parts = listParts(folder);
    const at = parts.find(({ part }) => part >= position.part);
    if (at === undefined) return undefined;
    if (at.part > position.part) position = { part: at.part, offset: 0 };
    const read = await readLines(at.path, position.offset);
    // where the file was put aside between the two looks, another one may have been read under its name
    if (listParts(folder).find(({ part }) => part === at.part)?.path !== at.path) continue;
    if (read !== undefined) {
      return { text: read.text, next: { part: at.part, offset: position.offset + read.byteLength } };
    }
    if (at === parts.at(-1)) return undefined;
    position = { part: at.part + 1, offset: 0 };
  }
}

async function readLines(
  path: string,
  offset: number,
): Promise<{ readonly text: string; readonly byteLength: number } | undefined> {
  let file: FileHandle;
  try {
    file = await open(path, 'r');
  } catch {
    return undefined;
  }
  try {
    // a run that is watched is looked at several times a second, mostly for a line or none
    const left = (await file.stat()).size - offset;
    for (let size = PIECE_BYTES; left > 0 && size <= LONGEST_LINE_BYTES; size *= 4) {
      const buffer = Buffer.alloc(Math.min(size, left));
      const { bytesRead } = await file.read(buffer, 0, buffer.length, offset);
      const end = buffer.subarray(0, bytesRead).lastIndexOf(0x0a) + 1;
      if (end > 0) return { text: buffer.toString('utf8', 0, end), byteLength: end };
      if (bytesRead < size) return undefined;
    }
    return undefined;
  } finally {
    await file.close();
  }
}

/** All lines of a stored log, oldest first. */
export async function* readLog(folder: string): AsyncGenerator<string> {
  let position = START;
  for (;;) {
    const piece = await readPiece(folder, position);
    if (piece === undefined) return;
    yield* piece.text.split('\n').filter((line) => line !== '');
    position = piece.next;
  }
}
