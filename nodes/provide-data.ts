/** Finds or downloads the data set of a run, with a progress bar on stderr while something arrives. */
import { SingleBar, Presets } from 'cli-progress';
import type { DatasetSpec } from '../src/training/data/dataset-spec.ts';
import type { DownloadProgress } from '../src/training/data/download.ts';
import { provideDataset } from '../src/training/data/provide-dataset.ts';

export interface ProvideDataOptions {
  /** `--data-dir`. */
  readonly dataDir?: string | undefined;
  readonly signal?: AbortSignal;
}

/** The spec with its folder, ready for worker threads. Throws OperatorError. */
export async function provideData(spec: DatasetSpec, options: ProvideDataOptions = {}): Promise<DatasetSpec> {
  const display = createDownloadDisplay(process.stderr);
  const { dataDir, signal } = options;
  try {
    return await provideDataset(spec, {
      ...(dataDir === undefined ? {} : { dataDir }),
      ...(signal === undefined ? {} : { signal }),
      onProgress: (progress) => display.show(progress),
    });
  } finally {
    display.stop();
  }
}

const KIBIBYTE = 1024;

/** A bar on a terminal, else one line a file. */
export function createDownloadDisplay(stream: NodeJS.WriteStream): {
  show(progress: DownloadProgress): void;
  stop(): void;
} {
  let bar: SingleBar | undefined;
  let current: string | undefined;
  return {
    show: ({ file, receivedBytes, totalBytes }) => {
      if (file !== current) {
        bar?.stop();
        current = file;
        if (stream.isTTY) bar = startBar(stream, file);
        else stream.write(`downloading ${file}\n`);
      }
      bar?.setTotal(Math.ceil((totalBytes ?? receivedBytes) / KIBIBYTE));
      bar?.update(Math.ceil(receivedBytes / KIBIBYTE));
    },
    stop: () => bar?.stop(),
  };
}

function startBar(stream: NodeJS.WriteStream, file: string): SingleBar {
  const bar = new SingleBar(
    {
      stream,
      format: `downloading ${file} {bar} {value} / {total} KiB`,
      barsize: 30,
      hideCursor: true,
      fps: 10,
    },
    Presets.shades_classic,
  );
  bar.start(1, 0);
  return bar;
}
