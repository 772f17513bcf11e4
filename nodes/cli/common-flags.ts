/** Flags that several commands share, so that they read and say the same everywhere. */
import { availableParallelism } from 'node:os';
import { BACKEND_NAMES } from '../../src/training/backends/all-backends.ts';
import { choice, integer, readWith, text, toggle } from './flag.ts';
import { parseSeeds } from './seeds.ts';

/** More threads than this gain nothing and only cost memory. */
const MOST_THREADS = 256;
const MOST_SEEDS = 1000;

export const json = toggle({ about: 'one JSON object on the last line of the standard output' });

export const dataDir = text({
  about: 'the folder that holds the data set; downloaded where it is not given and can be',
  placeholder: 'DIR',
});

export const backend = choice(['auto', ...BACKEND_NAMES], {
  about: 'what computes gradients; auto takes the first that works (`synod doctor` tells)',
  default: 'auto',
  placeholder: 'NAME',
  names: () => Promise.resolve(['auto', ...BACKEND_NAMES]),
});

export const dashboard = {
  ...text({
    about: 'serve a live page of the run on PORT of this machine or on HOST:PORT; alone: on any free port',
    placeholder: '[[HOST:]PORT]',
  }),
  bare: '0',
};

export const quiet = toggle({ about: 'say nothing while it runs but what is wrong' });

export const threads = integer({
  about: 'worker threads',
  least: 1,
  most: MOST_THREADS,
  default: Math.min(MOST_THREADS, availableParallelism()),
  defaultText: 'one for each core',
});

export const seeds = readWith((value, flag) => parseSeeds(value, flag, MOST_SEEDS), {
  about: 'random seeds: 7, 1,5,9 or 1..3 (both ends included)',
  placeholder: 'SEEDS',
  defaultText: 'those of the experiment',
});

export const peerDir = text({
  about: "the peer's folder: key, ledger, log (`synod init` makes it)",
  placeholder: 'DIR',
  default: 'synod-peer',
});
