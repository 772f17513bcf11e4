/** What `synod observe` does: serves the page of a stored run, or of a running peer, until it is stopped. */
import { once } from 'node:events';
import { remoteEvents, storedEvents } from '../../src/observe/event-sources.ts';
import { findLog, START } from '../../src/observe/log-files.ts';
import { servePage } from '../../src/observe/page-server.ts';
import { untilInterrupted } from '../interrupt.ts';

export async function observeRun(run: string, where: string): Promise<void> {
  const isAddress = /^https?:\/\//.test(run);
  const source = isAddress ? remoteEvents(run) : storedEvents(findLog(run));
  // whether the other side can be read at all is told at once, not in the page
  await source.read(START);
  const server = await servePage(source, where);
  const { signal, release } = untilInterrupted();
  process.stderr.write(`dashboard: ${server.url}\nCtrl-C ends it.\n`);
  if (!signal.aborted) await once(signal, 'abort');
  release();
  await server.stop();
}
