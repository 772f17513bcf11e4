/**
 * One download of a body at a time, whoever asks for it: a later asker waits for the one that runs, and adds the holders
 * that it knows. It goes on until its last asker has given up.
 */
import type { PeerId } from '../crypto/peer-id.ts';
import { BodyDownload } from './body-download.ts';
import type { PieceSource } from './body-download.ts';
import { TransportError } from './transport.ts';
import type { FetchOptions } from './transport.ts';

interface Running {
  readonly digest: string;
  readonly download: BodyDownload;
  readonly body: Promise<Uint8Array>;
  readonly stop: AbortController;
  /** One of each asker that still waits. */
  readonly askers: Set<FetchOptions>;
}

export class SharedDownloads {
  private readonly running = new Map<string, Running>();
  private readonly source: PieceSource;

  constructor(source: PieceSource) {
    this.source = source;
  }

  /** `byteLength` above 0. All askers are given the same bytes. */
  async fetch(
    digest: string,
    byteLength: number,
    holders: readonly PeerId[],
    options: FetchOptions,
  ): Promise<Uint8Array> {
    const { signal } = options;
    const aborted = (): TransportError => new TransportError('aborted', `the fetch of ${digest} was aborted`);
    if (signal.aborted) throw aborted();
    // a false length must fail for who was told it, and for nobody else
    const key = `${digest} ${byteLength}`;
    const known = this.running.get(key);
    known?.download.addHolders(holders);
    const running = known ?? this.start(key, digest, byteLength, holders, options);
    const asker = { ...options };
    running.askers.add(asker);
    let stopListening = (): void => undefined;
    const givenUp = new Promise<never>((_, reject) => {
      const abort = (): void => reject(aborted());
      signal.addEventListener('abort', abort, { once: true });
      stopListening = () => signal.removeEventListener('abort', abort);
    });
    try {
      return await Promise.race([running.body, givenUp]);
    } finally {
      stopListening();
      running.askers.delete(asker);
      if (running.askers.size === 0) this.end(key, running);
    }
  }

  /** Whether this body is on its way to us from somebody who has it. */
  isUnderWay(digest: string): boolean {
    for (const running of this.running.values())
      if (running.digest === digest && running.download.isUnderWay) return true;
    return false;
  }

  /** The first asker's place for what comes is the download's. */
  private start(
    key: string,
    digest: string,
    byteLength: number,
    holders: readonly PeerId[],
    { partial, onResumed }: FetchOptions,
  ): Running {
    const stop = new AbortController();
    const askers = new Set<FetchOptions>();
    const onPiece = (from: PeerId): void => {
      for (const asker of askers) asker.onPiece?.(from);
    };
    const download = new BodyDownload(digest, byteLength, holders, this.source, {
      signal: stop.signal,
      onPiece,
      ...(partial === undefined ? {} : { partial }),
      ...(onResumed === undefined ? {} : { onResumed }),
    });
    const body = download.run();
    const running: Running = { digest, download, body, stop, askers };
    this.running.set(key, running);
    // once it is over nobody joins it, even before its askers have been told
    const over = (): void => this.end(key, running);
    body.then(over, over);
    return running;
  }

  private end(key: string, running: Running): void {
    running.stop.abort();
    if (this.running.get(key) === running) this.running.delete(key);
  }
}
