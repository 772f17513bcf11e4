/**
 * The log of a run: JSON lines in the peer's folder, one readable line on stderr. pino writes both. Names and reasons in
 * it may be a stranger's words: nothing of them reaches a terminal but text.
 */
import { pino } from 'pino';
import { fileFault } from '../files/file-fault.ts';
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

export interface RunLogOptions {
  /** Lets debug lines through. */
  readonly verbose: boolean;
  /** Tells the lines of several peers in one terminal apart. */
  readonly name: string;
  /** Of the readable lines leaves only warnings and faults. */
  readonly quiet?: boolean;
  /** Takes the readable lines, each without its line feed, and the message in it; standard error unless given. */
  readonly show?: (line: string, message: string) => void;
}

export function createRunLog(path: string, { verbose, name, quiet = false, show }: RunLogOptions): RunLog {
  const level = verbose ? 'debug' : 'info';
  const print = show ?? ((line: string) => void process.stderr.write(`${line}\n`));
  const onFault = (error: Error): void => {
    const { message } = fileFault(error, 'write', path);
    print(`${message}; the run goes on`, '');
  };
  const file = new RotatingFile(path, { maxBytes: MAX_LOG_BYTES, kept: KEPT_LOGS, onFault });
  const escaped = { write: (line: string) => file.write(`${shownText(line.trimEnd())}\n`) };
  const readable = { write: (line: string) => print(...readableLine(line, name)) };
  const logger = pino(
    { level, base: null, timestamp: pino.stdTimeFunctions.isoTime },
    pino.multistream([
      { level, stream: escaped },
      { level: quiet ? 'warn' : level, stream: readable },
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

/** `12:30:01 ...Q7fK2a round round=7 seconds=0.31 ...`, and its message. */
function readableLine(line: string, name: string): [string, string] {
  const { time, msg, level: _level, ...details } = JSON.parse(line) as Record<string, unknown>;
  const pairs = Object.entries(details).map(([field, value]) => `${field}=${shown(value)}`);
  return [shownText([String(time).slice(11, 19), name, String(msg), ...pairs].join(' ')), String(msg)];
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return /^[0-9a-f]{64}$/.test(text) ? text.slice(0, 16) : text;
}
