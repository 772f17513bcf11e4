/**
 * Appends a run's events to `events.jsonl` in its folder. Lines are gathered for a moment and written in one call; a
 * full file is put aside under its number, a new one begins with the header, and the oldest go. A disk that fails ends
 * the log, not the run.
 */
import { closeSync, existsSync, fstatSync, openSync, readSync, renameSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { attempt, fileFault } from '../files/file-fault.ts';
import { makeFolder } from '../files/folder.ts';
import type { EventKind, EventOf, FieldsOf } from './event-table.ts';
import { CURRENT_FILE, listParts, rotatedName } from './log-files.ts';

/** What takes events; the log is one, and a terminal display another. */
export interface EventSink {
  write<K extends EventKind>(kind: K, fields: FieldsOf<K>): void;
}

export interface EventLogOptions {
  /** Made where it is absent; a log that lies there already is gone on with. Left out: nothing is written, taps hear all. */
  readonly folder?: string;
  /** The run, without what the log knows by itself. */
  readonly header: Omit<FieldsOf<'run'>, 'part' | 'startedAt' | 'peers'>;
  readonly peers: readonly string[];
  /** The disk failed: nothing more is written. The reason is a sentence that names the file. */
  readonly onFault: (reason: string) => void;
  /** Milliseconds since the log was opened; the machine's clock unless given. */
  readonly now?: () => number;
  readonly maxFileBytes?: number;
  readonly maxFiles?: number;
}

const MAX_FILE_BYTES = 32 << 20;
const MAX_FILES = 8;
const FLUSH_EVERY_MS = 200;
const FLUSH_AT_CHARS = 64 << 10;
/** Peers beyond the header that are given a number. */
const MOST_PEERS = 20_000;

export class EventLog implements EventSink {
  readonly folder: string | undefined;
  private readonly options: EventLogOptions;
  private readonly startedAt = new Date();
  private readonly origin = performance.now();
  private readonly numbers = new Map<string, number>();
  private readonly taps = new Set<(event: EventOf<EventKind>) => void>();
  private readonly onExit = (): void => this.flush();
  private file: number | undefined;
  private part: number;
  private size = 0;
  private isOpen = true;
  private waiting = '';
  private timer: NodeJS.Timeout | undefined;

  constructor(options: EventLogOptions) {
    this.options = options;
    this.folder = options.folder;
    options.peers.forEach((id) => this.numbers.set(id, this.numbers.size));
    this.part = 0;
    if (options.folder === undefined) return;
    const { folder } = options;
    makeFolder(folder);
    attempt('write', join(folder, CURRENT_FILE), () => {
      this.part = listParts(folder).at(-1)?.part ?? 0;
      this.open(folder);
      this.writeHeader();
    });
    process.once('exit', this.onExit);
  }

  /** The number of a peer; told in the log where it is new. */
  numberOf(id: string): number {
    const known = this.numbers.get(id);
    if (known !== undefined) return known;
    const number = this.numbers.size;
    if (number >= MOST_PEERS) return MOST_PEERS;
    this.numbers.set(id, number);
    this.write('peer', { peer: number, id: id.slice(0, 128) });
    return number;
  }

  write<K extends EventKind>(kind: K, fields: FieldsOf<K>): void {
    if (!this.isOpen) return;
    const event = { t: this.now(), e: kind, ...fields } as EventOf<K>;
    for (const tap of this.taps) tap(event);
    if (this.file === undefined) return;
    this.waiting += `${JSON.stringify(event)}\n`;
    if (this.waiting.length > FLUSH_AT_CHARS) this.flush();
    else this.timer ??= setTimeout(() => this.flush(), FLUSH_EVERY_MS).unref();
  }

  /** Hands each event to a display as well. */
  tap(tap: (event: EventOf<EventKind>) => void): () => void {
    tap(this.header());
    this.taps.add(tap);
    return () => this.taps.delete(tap);
  }

  flush(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    if (this.waiting === '' || this.file === undefined) return;
    const text = this.waiting;
    this.waiting = '';
    try {
      this.append(text);
      if (this.size >= (this.options.maxFileBytes ?? MAX_FILE_BYTES) && this.folder !== undefined) {
        this.rotate(this.folder);
      }
    } catch (error) {
      this.end();
      this.isOpen = false;
      this.options.onFault(fileFault(error, 'write', join(this.folder ?? '', CURRENT_FILE)).message);
    }
  }

  close(): void {
    this.flush();
    this.end();
    this.isOpen = false;
  }

  private now(): number {
    return Math.round(this.options.now?.() ?? performance.now() - this.origin);
  }

  private header(): EventOf<'run'> {
    const { header } = this.options;
    const peers = [...this.numbers.keys()];
    return {
      t: this.now(),
      e: 'run',
      ...header,
      part: this.part,
      startedAt: this.startedAt.toISOString(),
      peers,
    };
  }

  private writeHeader(): void {
    this.append(`${JSON.stringify(this.header())}\n`);
  }

  private open(folder: string): void {
    this.file = openSync(join(folder, CURRENT_FILE), 'a+');
    this.size = fstatSync(this.file).size;
    const last = Buffer.alloc(1);
    if (this.size === 0) return;
    readSync(this.file, last, 0, 1, this.size - 1);
    // a crash may have cut the last line off
    if (last[0] !== 0x0a) this.append('\n');
  }

  private append(text: string): void {
    if (this.file === undefined) return;
    const bytes = Buffer.from(text);
    for (let at = 0; at < bytes.length;) at += writeSync(this.file, bytes, at);
    this.size += bytes.length;
  }

  private rotate(folder: string): void {
    this.end();
    renameSync(join(folder, CURRENT_FILE), join(folder, rotatedName(this.part)));
    this.part += 1;
    const parts = listParts(folder);
    const tooMany = parts.slice(0, Math.max(0, parts.length + 1 - (this.options.maxFiles ?? MAX_FILES)));
    for (const { path } of tooMany) if (existsSync(path)) rmSync(path);
    this.open(folder);
    this.writeHeader();
    process.once('exit', this.onExit);
  }

  private end(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    process.off('exit', this.onExit);
    if (this.file !== undefined) closeSync(this.file);
    this.file = undefined;
  }
}
