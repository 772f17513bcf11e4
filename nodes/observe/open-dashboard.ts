/** `--dashboard`: serves the page of a run and says where. */
import { storedEvents } from '../../src/observe/event-sources.ts';
import { servePage, type PageServer } from '../../src/observe/page-server.ts';

/** Nothing is served where the flag is absent. */
export async function openDashboard(
  folder: string,
  where: string | undefined,
): Promise<PageServer | undefined> {
  if (where === undefined) return undefined;
  const server = await servePage(storedEvents(folder), where);
  process.stderr.write(`dashboard: ${server.url}\n`);
  return server;
}
