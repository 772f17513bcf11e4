/** A log file that does not grow for ever: above its size it becomes NAME.1, that NAME.2, and the oldest goes. */
import { existsSync, renameSync, rmSync, statSync } from 'node:fs';
import { pino } from 'pino';

export interface RotationOptions {
  readonly maxBytes: number;
  /** Files beside the one that is written. */
  readonly kept: number;
  /** Told once of a disk that fails; lines are held until it takes them again, and the newest are lost beyond a MiB. */
  readonly onFault: (error: Error) => void;
}

const MAX_HELD_BYTES = 1 << 20;

export class RotatingFile {
  private readonly path: string;
  private readonly options: RotationOptions;
  private readonly file: ReturnType<typeof pino.destination>;
  private written: number;
  private failed = false;

  constructor(path: string, options: RotationOptions) {
    this.path = path;
    this.options = options;
    this.file = pino.destination({ dest: path, mkdir: true, sync: true, maxLength: MAX_HELD_BYTES });
    this.file.on('error', (error: Error) => {
      if (!this.failed) options.onFault(error);
      this.failed = true;
    });
    this.written = statSync(path).size;
  }

  write(line: string): void {
    const bytes = Buffer.byteLength(line);
    if (this.written > 0 && this.written + bytes > this.options.maxBytes) this.rotate();
    this.written += bytes;
    this.file.write(line);
  }

  end(): void {
    // what a disk would not take keeps a stream from its end
    if (this.failed) this.file.destroy();
    else this.file.end();
  }

  private rotate(): void {
    this.file.flushSync();
    const name = (number: number): string => (number === 0 ? this.path : `${this.path}.${number}`);
    rmSync(name(this.options.kept), { force: true });
    for (let number = this.options.kept - 1; number >= 0; number--) {
      if (existsSync(name(number))) renameSync(name(number), name(number + 1));
    }
    this.file.reopen(this.path);
    this.written = 0;
  }
}
