/**
 * Files that are being written, and their removal where the process ends before they are finished: by a throw that
 * nobody caught, by `process.exit`, or by a signal. Only SIGKILL leaves them. A thread that is terminated runs no handler
 * of its own, so it tells the main thread of its files.
 */
import { rmSync } from 'node:fs';
import { isMainThread } from 'node:worker_threads';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;
const CHANNEL = 'synod/unfinished-files';

interface Notice {
  readonly path: string;
  readonly finished: boolean;
}

const unfinished = new Set<string>();
let channel: BroadcastChannel | undefined;

/** Call before the file is made. */
export function beginFile(path: string): void {
  note({ path, finished: false });
  if (!isMainThread) openChannel().postMessage({ path, finished: false } satisfies Notice);
}

/** The file has taken its place, or is gone. */
export function endFile(path: string): void {
  note({ path, finished: true });
  if (!isMainThread) openChannel().postMessage({ path, finished: true } satisfies Notice);
}

/** As far as it can be removed: what cannot is no second fault. */
export function removeFile(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch {
    // its folder is gone, or is none
  }
}

/** For a main thread whose threads write files: from now on it removes theirs too. */
export function followThreads(): void {
  openChannel().onmessage = ({ data }: MessageEvent<Notice>) => note(data);
}

function openChannel(): BroadcastChannel {
  if (channel === undefined) {
    channel = new BroadcastChannel(CHANNEL);
    // Node's own method, which keeps the channel from holding the process
    (channel as BroadcastChannel & { unref(): void }).unref();
  }
  return channel;
}

function note({ path, finished }: Notice): void {
  const before = unfinished.size;
  if (finished) unfinished.delete(path);
  else unfinished.add(path);
  if (before === 0 && unfinished.size > 0) listen();
  else if (before > 0 && unfinished.size === 0) rest();
}

function listen(): void {
  process.on('exit', removeAll);
  if (isMainThread) for (const signal of SIGNALS) process.on(signal, onSignal);
}

function rest(): void {
  process.off('exit', removeAll);
  if (isMainThread) for (const signal of SIGNALS) process.off(signal, onSignal);
}

/** Where nobody else listens, the signal then does what it does to a process without a listener. */
function onSignal(signal: NodeJS.Signals): void {
  if (process.listenerCount(signal) > 1) return;
  removeAll();
  rest();
  process.kill(process.pid, signal);
}

function removeAll(): void {
  for (const path of unfinished) removeFile(path);
  unfinished.clear();
}
