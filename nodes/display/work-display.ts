/**
 * Work that is no run of peers, such as a grid or many simulations, on standard error: on a terminal a region that is
 * redrawn, elsewhere a line each minute or each tenth of the work, whichever is rarer.
 */
import { fitParts, progressBar } from '../../src/observe/terminal-lines.ts';
import { durationText } from '../../src/observe/sentences.ts';
import { shownText } from '../../src/telemetry/shown-text.ts';
import { Region, type DisplayStream, type Later } from './region.ts';

export interface WorkState {
  /** 0 .. 1; undefined where nobody knows how much there is. */
  readonly share: number | undefined;
  readonly secondsLeft: number | undefined;
  /** How far: `12 of 40 cells`. What stands first is kept where a terminal is narrow. */
  readonly done: readonly string[];
  /** Further lines of a terminal. */
  readonly details: readonly (readonly string[])[];
}

export interface WorkDisplay {
  show(state: WorkState): void;
  /** A sentence that stays; of what is wrong also where nothing else is said. */
  say(text: string): void;
  stop(): void;
}

export interface WorkDisplayOptions {
  readonly stream: DisplayStream;
  readonly quiet: boolean;
  readonly later?: Later;
  readonly now?: () => number;
}

const [PLAIN_EVERY_MS, PLAIN_SHARE] = [60_000, 0.1];

export function createWorkDisplay(options: WorkDisplayOptions): WorkDisplay {
  const { stream, quiet, now = () => performance.now() } = options;
  const write = (text: string): void => void stream.write(`${shownText(text)}\n`);
  if (quiet) return { show: () => undefined, say: write, stop: () => undefined };
  return stream.isTTY === true ? onTerminal(options) : inLines(write, now);
}

function onTerminal({ stream, later }: WorkDisplayOptions): WorkDisplay {
  let state: WorkState | undefined;
  const region = new Region({
    stream,
    later,
    lines: (width) => (state === undefined ? [] : workLines(state, width)),
  });
  return {
    show(next) {
      state = next;
      region.touch();
    },
    say: (text) => region.say(text),
    stop: () => region.stop(),
  };
}

function inLines(write: (text: string) => void, now: () => number): WorkDisplay {
  let [shownAt, shownShare] = [now(), 0];
  let newest: WorkState | undefined;
  let shown: WorkState | undefined;
  const line = (state: WorkState): void => {
    [shownAt, shownShare, shown] = [now(), state.share ?? 0, state];
    write(plainText(state));
  };
  return {
    show(state) {
      newest = state;
      const isGrown = state.share === undefined || state.share - shownShare >= PLAIN_SHARE;
      if (now() - shownAt >= PLAIN_EVERY_MS && isGrown) line(state);
    },
    say: write,
    stop() {
      if (newest !== undefined && newest !== shown) line(newest);
    },
  };
}

export function workLines({ share, secondsLeft, done, details }: WorkState, width: number): string[] {
  const [first = '', ...rest] = done;
  const bar = share === undefined ? '' : `${progressBar(share)} `;
  const head = [`${bar}${first}`, ...rest, ...leftText(share, secondsLeft)];
  return [head, ...details].map((parts) => fitParts(parts, width)).filter((line) => line !== '');
}

function plainText({ share, secondsLeft, done }: WorkState): string {
  const percent = share === undefined ? [] : [`${(100 * share).toFixed(0)} %`];
  return [...done, ...percent, ...leftText(share, secondsLeft)].join(', ');
}

function leftText(share: number | undefined, secondsLeft: number | undefined): string[] {
  return secondsLeft === undefined || share === 1 ? [] : [`about ${durationText(secondsLeft)} left`];
}
