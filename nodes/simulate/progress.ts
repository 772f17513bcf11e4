/** The progress bar of a simulation: one line that is redrawn, or one line a tenth of the run where no terminal is. */
import { Presets, SingleBar } from 'cli-progress';

export interface ProgressLine {
  readonly round: number;
  readonly loss?: number;
  readonly accuracy?: number;
  readonly secondsPerRound: number;
}

export interface Progress {
  show(line: ProgressLine): void;
  /** A line above the bar. */
  say(text: string): void;
  stop(): void;
}

/** Where nothing is to be said. */
export const SILENT: Progress = { show: () => undefined, say: () => undefined, stop: () => undefined };

const LINES_WITHOUT_TERMINAL = 10;

export function createProgress(title: string, rounds: number, stream: NodeJS.WriteStream): Progress {
  return stream.isTTY ? createBar(title, rounds, stream) : createLog(title, rounds, stream);
}

function createBar(title: string, rounds: number, stream: NodeJS.WriteStream): Progress {
  const bar = new SingleBar(
    {
      stream,
      format: `${title} {bar} {value}/{total} | {text}`,
      barsize: 20,
      hideCursor: true,
      linewrap: false,
      fps: 10,
    },
    Presets.shades_classic,
  );
  bar.start(rounds, 0, { text: 'starting' });
  return {
    show: (line) => bar.update(line.round, { text: describe(line) }),
    say: (text) => {
      stream.write(`\r\u001b[K${text}\n`);
    },
    stop: () => bar.stop(),
  };
}

function createLog(title: string, rounds: number, stream: NodeJS.WriteStream): Progress {
  const every = Math.max(1, Math.floor(rounds / LINES_WITHOUT_TERMINAL));
  return {
    show: (line) => {
      if (line.round % every === 0 || line.round === rounds) {
        stream.write(`${title} ${line.round}/${rounds} | ${describe(line)}\n`);
      }
    },
    say: (text) => {
      stream.write(`${text}\n`);
    },
    stop: () => undefined,
  };
}

/** `loss 0.312 | accuracy 91.2 % | 0.21 s/round` */
function describe({ loss, accuracy, secondsPerRound }: ProgressLine): string {
  return [
    ...(loss === undefined ? [] : [`loss ${loss.toFixed(3)}`]),
    ...(accuracy === undefined ? [] : [`accuracy ${percent(accuracy)}`]),
    `${secondsPerRound.toFixed(2)} s/round`,
  ].join(' | ');
}

export function percent(share: number): string {
  return `${(100 * share).toFixed(1)} %`;
}

export function kibibytes(bytes: number): string {
  return bytes < 1024 * 1024 ? `${(bytes / 1024).toFixed(0)} KiB` : `${(bytes / 1024 / 1024).toFixed(1)} MiB`;
}
