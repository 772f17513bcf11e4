import { readFileSync } from 'node:fs';

/** The lines of a page's table that begins as the expected one does. */
export function tableIn(page: string, [head]: readonly string[]): readonly string[] {
  const lines = readFileSync(new URL(`../../docs/${page}`, import.meta.url), 'utf8').split('\n');
  const start = lines.indexOf(head as string);
  const rest = lines.slice(Math.max(0, start));
  return start < 0
    ? []
    : rest.slice(
        0,
        rest.findIndex((line) => !line.startsWith('|')),
      );
}
