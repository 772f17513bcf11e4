/**
 * The log of a run: JSON lines in the peer's folder, one readable line on stderr. pino writes both. Names and reasons in
 * it may be a stranger's words: nothing of them reaches a terminal but text.
 */
import { pino } from 'pino';
import { RotatingFile } from './rotating-file.ts';
import { shownText } from './shown-text.ts';

/** What is kept of a log: the file that is written, and three older ones. */
const MAX_LOG_BYTES = 64 << 20;
const KEPT_LOGS = 3;

type Details = Readonly<Record<string, unknown>>;

export interface RunLog {
  debug(message: string, details?: Details): void;
  info(message: string, details?: Details): void;
  warn(message: string, details?: Details): void;
  error(message: string, details?: Details): void;
  close(): void;
}

/** `verbose` lets debug lines through; `name` tells the lines of several peers in one terminal apart. */
export function createRunLog(path: string, verbose: boolean, name: string): RunLog {
  const level = verbose ? 'debug' : 'info';
  const file = new RotatingFile(path, { maxBytes: MAX_LOG_BYTES, kept: KEPT_LOGS });
  const escaped = { write: (line: string) => file.write(`${shownText(line.trimEnd())}\n`) };
  const readable = { write: (line: string) => void process.stderr.write(readableLine(line, name)) };
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.multistream([
      { level, stream: escaped },
      { level, stream: readable },
    ]),
  );
  return {
    debug: (message, details) => logger.debug(details ?? {}, message),
    info: (message, details) => logger.info(details ?? {}, message),
    warn: (message, details) => logger.warn(details ?? {}, message),
    error: (message, details) => logger.error(details ?? {}, message),
    close: () => file.end(),
  };
}

/** `12:30:01 ...Q7fK2a round round=7 seconds=0.31 ...` */
function readableLine(line: string, name: string): string {
  const { time, msg, level: _level, ...details } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(details).map(([field, value]) => `${field}=${shown(value)}`);
  return `${shownText([String(time).slice(11, 19), name, String(msg), ...pairs].join(' '))}\n`;
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 16) : text;
}
