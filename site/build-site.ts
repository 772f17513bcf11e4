/** Builds the documentation as a folder of static pages that needs no server: page, style, search and pictures lie side by side. */
import { copyFileSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { build } from 'esbuild';
import { loadPages } from './load-pages.ts';
import { NAVIGATION } from './navigation.ts';
import { framePage, type FramedPage } from './page-frame.ts';
import { searchScript } from './search-index.ts';

export interface BuiltSite {
  readonly pages: number;
  /** Where it is not empty nothing was written. */
  readonly faults: readonly string[];
}

/** `root`: the repository. `out` is made anew. */
export async function buildSite(root: string, out: string): Promise<BuiltSite> {
  const { pages, files, faults } = loadPages(root);
  const published = new Map(
    pages
      .filter((page): page is FramedPage => page.target !== null)
      .map((page) => [page.source.slice('docs/'.length), page]),
  );
  const listed = NAVIGATION.flatMap((group) => group.pages);
  const all = [
    ...faults,
    ...listed.filter((name) => !published.has(name)).map((name) => `site/navigation.ts: no page ${name}`),
    ...[...published.keys()]
      .filter((name) => listed.filter((one) => one === name).length !== 1)
      .map((name) => `docs/${name} must stand once in site/navigation.ts`),
  ];
  if (all.length > 0) return { pages: 0, faults: all };

  rmSync(out, { recursive: true, force: true });
  const groups = NAVIGATION.map(({ title, pages: names }) => ({
    title,
    pages: names.flatMap((name) => published.get(name) ?? []),
  }));
  for (const page of published.values()) write(join(out, page.target), framePage(page, groups));
  for (const [from, to] of files) {
    mkdirSync(dirname(join(out, to)), { recursive: true });
    copyFileSync(join(root, from), join(out, to));
  }
  copyFileSync(join(root, 'site/site.css'), join(out, 'site.css'));
  write(join(out, 'search-index.js'), searchScript(pages));
  await build({
    entryPoints: [join(root, 'site/search-client.ts')],
    outfile: join(out, 'search.js'),
    bundle: true,
    minify: true,
    // a page from a folder may load classic scripts, and no modules
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
  });
  return { pages: published.size, faults: [] };
}

function write(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}
