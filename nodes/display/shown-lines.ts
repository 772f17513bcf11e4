/** Lines that may hold a stranger's words, as a terminal may show them. */
import { shownText } from '../../src/telemetry/shown-text.ts';

export function shownLines(text: string): string {
  return text.split('\n').map(shownText).join('\n');
}
