/** Lines at the end of a terminal that are redrawn in place, ten times a second at most, with sentences above them. */
import { shownText } from '../../src/telemetry/shown-text.ts';

export interface DisplayStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

/** Calls back after a delay; the returned function cancels it. */
export type Later = (delayMs: number, run: () => void) => () => void;

export interface RegionOptions {
  readonly stream: DisplayStream;
  /** What is shown, in lines of at most `width` characters. */
  readonly lines: (width: number) => readonly string[];
  readonly later?: Later | undefined;
}

const REDRAW_EVERY_MS = 100;
const WIDTH_UNLESS_KNOWN = 80;
const ESCAPE = '\u001b';
const [HIDE_CURSOR, SHOW_CURSOR, CLEAR_BELOW] = [`${ESCAPE}[?25l`, `${ESCAPE}[?25h`, `${ESCAPE}[0J`];

export class Region {
  private readonly stream: DisplayStream;
  private readonly lines: RegionOptions['lines'];
  private readonly later: Later;
  /** The lines on the screen. */
  private drawn: readonly string[] = [];
  private cancel: (() => void) | undefined;
  private readonly onExit = (): void => void this.stream.write(SHOW_CURSOR);

  constructor({ stream, lines, later = timer }: RegionOptions) {
    this.stream = stream;
    this.lines = lines;
    this.later = later;
    stream.write(HIDE_CURSOR);
    // a second Ctrl-C ends the process at once, and must not leave a terminal without its cursor
    process.once('exit', this.onExit);
  }

  /** What is shown has changed. */
  touch(): void {
    this.cancel ??= this.later(REDRAW_EVERY_MS, () => {
      this.cancel = undefined;
      this.draw();
    });
  }

  /** A sentence that stays. */
  say(text: string): void {
    this.stream.write(`${this.clear()}${shownText(text)}\n`);
    this.draw();
  }

  stop(): void {
    this.cancel?.();
    this.draw();
    process.off('exit', this.onExit);
    this.stream.write(SHOW_CURSOR);
  }

  private draw(): void {
    const lines = this.lines(this.columns - 1).map(shownText);
    const text = `${this.clear()}${lines.map((line) => `${line}\n`).join('')}`;
    this.drawn = lines;
    this.stream.write(text);
  }

  private get columns(): number {
    return this.stream.columns ?? WIDTH_UNLESS_KNOWN;
  }

  /**
   * Back to the first line of the region, which is taken away. A terminal that has become narrower since has broken its
   * lines: each takes as many rows as it needs now.
   */
  private clear(): string {
    const rows = this.drawn.reduce(
      (sum, line) => sum + Math.max(1, Math.ceil(line.length / this.columns)),
      0,
    );
    const up = rows === 0 ? '' : `${ESCAPE}[${rows}A`;
    this.drawn = [];
    return `\r${up}${CLEAR_BELOW}`;
  }
}

function timer(delayMs: number, run: () => void): () => void {
  const handle = setTimeout(run, delayMs).unref();
  return () => clearTimeout(handle);
}
