/** What `synod observe` does: serves the page of a stored run, or of a running peer, until it is stopped. */
import { once } from 'node:events';
import { remoteEvents, storedEvents } from '../../src/observe/event-sources.ts';
import { statOf } from '../../src/files/file-fault.ts';
import { OperatorError } from '../../src/foundation/operator-error.ts';
import { findLog, START } from '../../src/observe/log-files.ts';
import { servePage } from '../../src/observe/page-server.ts';
import { untilInterrupted } from '../interrupt.ts';

export async function observeRun(run: string, where: string): Promise<void> {
  const isAddress = /^https?:\/\//.test(run);
  const source = isAddress ? remoteEvents(run) : storedEvents(findLog(folderOf(run)));
  // whether the other side can be read at all is told at once, not in the page
  await source.read(START);
  const server = await servePage(source, where);
  const { signal, release } = untilInterrupted();
  process.stderr.write(`dashboard: ${server.url}\nCtrl-C ends it.\n`);
  if (!signal.aborted) await once(signal, 'abort');
  release();
  await server.stop();
}

/** What looks like an address is told apart from a folder that is missing. */
function folderOf(run: string): string {
  if (statOf(run) === undefined && /^([\w.-]+|\[[0-9a-f:]+\]):\d{1,5}(\/|$)/i.test(run)) {
    throw new OperatorError(`RUN must be a folder, or an address that begins with http://, got ${run}`);
  }
  return run;
}
