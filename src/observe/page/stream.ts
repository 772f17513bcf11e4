/** The page's end of the events: what was written before in one piece after the other, then the stream; each line once, in order. */
import type { RunEvent } from '../event-table.ts';

export interface StreamHandlers {
  /** Some events came; called once for a piece. */
  events(events: readonly RunEvent[]): void;
  /** All that was written before the page was opened is here. */
  caughtUp(): void;
  connection(open: boolean): void;
}

export async function followStream(handlers: StreamHandlers): Promise<void> {
  // where the history breaks off the stream goes on from its last whole piece
  const position = await readHistory((events) => handlers.events(events));
  const query = new URLSearchParams(location.search);
  if (position !== undefined) query.set('from', position);
  // the browser asks again by itself, from the last position on
  const source = new EventSource(`events?${query}`);
  source.onopen = () => handlers.connection(true);
  source.onerror = () => handlers.connection(false);
  source.onmessage = ({ data }: MessageEvent<string>) => handlers.events(parsed(data));
  source.addEventListener('caught-up', () => handlers.caughtUp());
}

/** The position behind the last piece that came whole. */
async function readHistory(take: StreamHandlers['events']): Promise<string | undefined> {
  let [position, rest]: [string | undefined, string] = [undefined, ''];
  try {
    const response = await fetch(`history${location.search}`);
    if (!response.ok || response.body === null) return undefined;
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    for (;;) {
      const { done, value } = await reader.read();
      if (done) return position;
      rest += value;
      for (;;) {
        // no line of the log begins with it
        const mark = rest.startsWith('>') ? 0 : rest.indexOf('\n>') + 1;
        const end = rest.indexOf('\n', mark);
        if (rest[mark] !== '>' || end < 0) break;
        take(parsed(rest.slice(0, mark)));
        position = rest.slice(mark + 1, end);
        rest = rest.slice(end + 1);
      }
    }
  } catch {
    return position;
  }
}

function parsed(text: string): RunEvent[] {
  const lines = text.trimEnd().split('\n');
  try {
    return JSON.parse(`[${lines.join(',')}]`) as RunEvent[];
  } catch {
    return lines.flatMap((line) => {
      try {
        return [JSON.parse(line) as RunEvent];
      } catch {
        return []; // a line that a crash cut off
      }
    });
  }
}
