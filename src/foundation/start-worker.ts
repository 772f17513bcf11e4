/**
 * Starts a module of ours as a worker thread, from the TypeScript sources (under tsx) as well as from dist. Node 20
 * does not apply a parent's loader to the entry of a worker, so from the sources the thread registers tsx itself.
 */
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';
import { Worker, type WorkerOptions } from 'node:worker_threads';

/**
 * `startWorker('./my-worker', import.meta.url, { workerData })` starts `my-worker.ts` or `my-worker.js`, whichever
 * extension the caller has. Call it from a file beside the worker's own.
 */
export function startWorker(path: string, callerUrl: string, options: WorkerOptions = {}): Worker {
  const fromSources = callerUrl.endsWith('.ts');
  const url = new URL(`${path}.${fromSources ? 'ts' : 'js'}`, callerUrl);
  if (!fromSources) return new Worker(url, options);
  const entry = JSON.stringify(url.href);
  const script = `import(${JSON.stringify(tsxApi())}).then(({ register }) => { register(); return import(${entry}); })`;
  return new Worker(script, { ...options, eval: true });
}

/**
 * The URL of tsx's API, found from this file, since the thread would look from the working folder. Not by
 * import.meta.resolve: tsx leaves that out of modules that it loads as CommonJS, as mocha has it do.
 */
function tsxApi(): string {
  const { href } = pathToFileURL(createRequire(import.meta.url).resolve('tsx/esm/api'));
  return href.replace(/\.cjs$/, '.mjs'); // the CommonJS build cannot register
}
