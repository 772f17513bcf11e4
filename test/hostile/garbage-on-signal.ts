/**
 * Loaded before a victim's program: SIGUSR2 collects its garbage, so that what it holds can be told from what it has not
 * cleared away yet.
 */
import { isMainThread } from 'node:worker_threads';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

if (isMainThread) {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  process.on('SIGUSR2', () => collect());
}
