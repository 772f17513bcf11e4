/**
 * A run on standard error: on a terminal a region that is redrawn, ten times a second at most, with sentences above it;
 * elsewhere a line now and then. It is fed the events that go into the log, and shows nothing else.
 */
import type { EventOf, EventKind, RunEvent } from '../../src/observe/event-table.ts';
import { RunView } from '../../src/observe/run-view.ts';
import { shownText } from '../../src/telemetry/shown-text.ts';
import { plainLine, terminalLines } from '../../src/observe/terminal-lines.ts';

export interface DisplayStream {
  readonly isTTY?: boolean;
  readonly columns?: number;
  write(text: string): unknown;
}

export interface RunDisplay {
  take(event: EventOf<EventKind>): void;
  /** A sentence that stays. */
  say(text: string): void;
  stop(): void;
}

export interface RunDisplayOptions {
  readonly stream: DisplayStream;
  /** Stands before a plain line. */
  readonly title: string;
  readonly quiet: boolean;
  /** Calls back after a delay; the returned function cancels it. */
  readonly later?: (delayMs: number, run: () => void) => () => void;
  readonly now?: () => number;
}

const REDRAW_EVERY_MS = 100;
const [PLAIN_EVERY_MS, PLAIN_SHARE] = [60_000, 0.1];
const WIDTH_UNLESS_KNOWN = 80;
/** A peer may run for a million rounds; what is shown is of the newest. */
const KEPT_ROUNDS = 256;
const ESCAPE = '\u001b';
const [HIDE_CURSOR, SHOW_CURSOR, CLEAR_BELOW] = [`${ESCAPE}[?25l`, `${ESCAPE}[?25h`, `${ESCAPE}[0J`];

export function createRunDisplay(options: RunDisplayOptions): RunDisplay {
  const { stream, quiet } = options;
  if (quiet) return { take: () => undefined, say: () => undefined, stop: () => undefined };
  return stream.isTTY === true ? new Region(options) : new Lines(options);
}

class Region implements RunDisplay {
  private readonly stream: DisplayStream;
  private readonly later: NonNullable<RunDisplayOptions['later']>;
  private readonly view = new RunView(KEPT_ROUNDS);
  private height = 0;
  private cancel: (() => void) | undefined;
  private readonly onExit = (): void => void this.stream.write(SHOW_CURSOR);

  constructor({ stream, later }: RunDisplayOptions) {
    this.stream = stream;
    this.later = later ?? timer;
    stream.write(HIDE_CURSOR);
    // a second Ctrl-C ends the process at once, and must not leave a terminal without its cursor
    process.once('exit', this.onExit);
  }

  take(event: EventOf<EventKind>): void {
    this.view.apply(event as RunEvent);
    this.cancel ??= this.later(REDRAW_EVERY_MS, () => {
      this.cancel = undefined;
      this.draw();
    });
  }

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
    const lines = terminalLines(this.view, (this.stream.columns ?? WIDTH_UNLESS_KNOWN) - 1);
    const text = `${this.clear()}${lines.map((line) => `${shownText(line)}\n`).join('')}`;
    this.height = lines.length;
    this.stream.write(text);
  }

  /** Back to the first line of the region, which is taken away. */
  private clear(): string {
    const up = this.height === 0 ? '' : `${ESCAPE}[${this.height}A`;
    this.height = 0;
    return `\r${up}${CLEAR_BELOW}`;
  }
}

/** One line each minute or each tenth of the run, whichever is rarer; the last round always. */
class Lines implements RunDisplay {
  private readonly stream: DisplayStream;
  private readonly title: string;
  private readonly now: () => number;
  private readonly view = new RunView(KEPT_ROUNDS);
  private shownAt: number;
  private shownRound = 0;

  constructor({ stream, title, now = () => performance.now() }: RunDisplayOptions) {
    this.stream = stream;
    this.title = title;
    this.now = now;
    this.shownAt = now();
  }

  take(event: EventOf<EventKind>): void {
    this.view.apply(event as RunEvent);
    if (event.e !== 'decision') return;
    const decided = this.view.decided + 1;
    const planned = this.view.plannedRounds;
    const isDue =
      this.now() - this.shownAt >= PLAIN_EVERY_MS && decided - this.shownRound >= PLAIN_SHARE * planned;
    if (!isDue && decided !== planned) return;
    this.shownAt = this.now();
    this.shownRound = decided;
    this.stream.write(`${this.title} ${plainLine(this.view)}\n`);
  }

  say(text: string): void {
    this.stream.write(`${shownText(text)}\n`);
  }

  stop(): void {
    // nothing is left on the screen
  }
}

function timer(delayMs: number, run: () => void): () => void {
  const handle = setTimeout(run, delayMs).unref();
  return () => clearTimeout(handle);
}
