/** The table of events, newest first, with a filter; as many rows as one looks through. */
import type { RunView } from '../run-view.ts';
import { clockText, eventText } from '../sentences.ts';
import { table } from './dom.ts';

const MOST_ROWS = 200;

export function eventsTable(view: RunView, filter: string): HTMLTableElement {
  const wanted = filter.trim().toLowerCase();
  const rows: string[][] = [];
  for (let i = view.told.length - 1; i >= 0 && rows.length < MOST_ROWS; i--) {
    const told = view.told[i];
    const text = told === undefined ? undefined : eventText(view, told.event);
    if (told === undefined || text === undefined) continue;
    if (wanted !== '' && !`${told.event.e} ${text}`.toLowerCase().includes(wanted)) continue;
    rows.push([clockText(told.at), told.event.e, text]);
  }
  return table({
    caption: `Newest events${wanted === '' ? '' : ` with "${wanted}"`}`,
    head: ['time', 'kind', 'what'],
    rows,
  });
}
