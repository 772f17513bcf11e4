/**
 * A run on standard error: on a terminal a region that is redrawn, ten times a second at most, with sentences above it;
 * elsewhere a line now and then. It is fed the events that go into the log, and shows nothing else.
 */
import type { EventOf, EventKind, RunEvent } from '../../src/observe/event-table.ts';
import { RunView } from '../../src/observe/run-view.ts';
import { shownText } from '../../src/telemetry/shown-text.ts';
import { plainLine, terminalLines } from '../../src/observe/terminal-lines.ts';
import { Region, type DisplayStream, type Later } from './region.ts';

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
  readonly later?: Later;
  readonly now?: () => number;
}

const [PLAIN_EVERY_MS, PLAIN_SHARE] = [60_000, 0.1];
/** A peer may run for a million rounds; what is shown is of the newest. */
const KEPT_ROUNDS = 256;

export function createRunDisplay(options: RunDisplayOptions): RunDisplay {
  const { stream, quiet } = options;
  if (quiet) return { take: () => undefined, say: () => undefined, stop: () => undefined };
  return stream.isTTY === true ? onTerminal(options) : new Lines(options);
}

function onTerminal({ stream, later }: RunDisplayOptions): RunDisplay {
  const view = new RunView(KEPT_ROUNDS);
  const region = new Region({ stream, later, lines: (width) => terminalLines(view, width) });
  return {
    take(event) {
      view.apply(event as RunEvent);
      region.touch();
    },
    say: (text) => region.say(text),
    stop: () => region.stop(),
  };
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
