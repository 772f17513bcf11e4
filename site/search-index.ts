/** The index of the search: made when the site is built, read by the pages as a script, for a page from a folder may fetch nothing. */
import MiniSearch from 'minisearch';
import { SEARCH_FIELDS, type FoundSection } from './search-fields.ts';
import type { LoadedPage } from './load-pages.ts';

const SNIPPET_LENGTH = 160;

export function searchScript(pages: readonly LoadedPage[]): string {
  const search = new MiniSearch<FoundSection & { readonly id: number; readonly text: string }>(SEARCH_FIELDS);
  let id = 0;
  for (const { target, title: page, sections } of pages) {
    if (target === null) continue;
    for (const { id: anchor, title, text } of sections) {
      const snippet = text.replace(/\s+/g, ' ').slice(0, SNIPPET_LENGTH);
      search.add({ id: id++, page, title, text, snippet, url: `${target}#${anchor}` });
    }
  }
  return `globalThis.synodSearchIndex = ${JSON.stringify(search)};\n`;
}
