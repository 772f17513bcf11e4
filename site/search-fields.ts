/** What of a section is searched and what is kept: the same when the index is made and when it is read. */

export interface FoundSection {
  readonly page: string;
  readonly title: string;
  readonly snippet: string;
  /** From the site's folder. */
  readonly url: string;
}

export const SEARCH_FIELDS = {
  fields: ['title', 'page', 'text'],
  storeFields: ['page', 'title', 'snippet', 'url'],
  // `trimmed-mean`, `--data-dir` and `synod_round` are found whole and by their parts
  tokenize: (text: string): string[] =>
    text
      .split(/[^\p{L}\p{N}_-]+/u)
      .flatMap((word) => (/[_-]/.test(word) ? [word, ...word.split(/[_-]+/)] : [word]))
      .filter((word) => word !== ''),
  searchOptions: { prefix: true, fuzzy: 0.15, boost: { title: 4, page: 2 } },
};
