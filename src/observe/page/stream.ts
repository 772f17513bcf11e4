/** The page's end of the stream of events: lines in, in order, each once; and whether the connection is there. */
import type { RunEvent } from '../event-table.ts';

export interface StreamHandlers {
  /** Some events came; called once for a piece. */
  events(events: readonly RunEvent[]): void;
  /** All that was written before the page was opened is here. */
  caughtUp(): void;
  connection(open: boolean): void;
}

export function followStream(handlers: StreamHandlers): void {
  // the browser asks again by itself, from the last position on
  const source = new EventSource(`events${location.search}`);
  source.onopen = () => handlers.connection(true);
  source.onerror = () => handlers.connection(false);
  source.onmessage = ({ data }: MessageEvent<string>) => {
    const events: RunEvent[] = [];
    for (const line of data.split('\n')) {
      try {
        events.push(JSON.parse(line) as RunEvent);
      } catch {
        // a line that a crash cut off
      }
    }
    handlers.events(events);
  };
  source.addEventListener('caught-up', () => handlers.caughtUp());
}
