/** Reads every Markdown page of the repository and resolves its links; a link that leads nowhere is a fault, not an error. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { dirname, join, posix, relative, sep } from 'node:path';
import { renderPage, type RenderedPage } from './render-page.ts';

export interface LoadedPage extends RenderedPage {
  /** Path in the repository, with `/`. */
  readonly source: string;
  /** Path below the site's folder; null: a page that is checked and not published. */
  readonly target: string | null;
}

export interface LoadedPages {
  readonly pages: readonly LoadedPage[];
  /** Files of the repository that pages show or link to: where each goes in the site. */
  readonly files: ReadonlyMap<string, string>;
  /** A sentence each. */
  readonly faults: readonly string[];
}

/** Elsewhere: nothing of it is fetched, so only its form is known. */
const OUTSIDE = /^https?:\/\/[^/\s]+/;
const AT_THE_ROOT = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', 'CHANGELOG.md'];

export function loadPages(root: string): LoadedPages {
  const files = new Map<string, string>();
  const faults: string[] = [];
  const docs = readdirSync(join(root, 'docs'), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith('.md'))
    .map((name) => `docs/${name.split(sep).join('/')}`)
    .sort();
  const sources = [...docs, ...AT_THE_ROOT.filter((name) => existsSync(join(root, name)))];
  const targetOf = (source: string): string | null =>
    source.startsWith('docs/') ? source.slice('docs/'.length).replace(/\.md$/, '.html') : null;
  const asked: { readonly from: string; readonly to: string; readonly fragment: string }[] = [];

  const pages = sources.map((source): LoadedPage => {
    const own = targetOf(source);
    const resolve = (target: string): string => {
      if (OUTSIDE.test(target)) return target;
      const [path = '', fragment = ''] = target.split('#');
      const to = path === '' ? source : posix.normalize(posix.join(posix.dirname(source), decodeURI(path)));
      if (to.startsWith('../') || !existsSync(join(root, to)) || !statSync(join(root, to)).isFile()) {
        faults.push(`${source}: ${target} is no file`);
        return target;
      }
      if (fragment !== '') asked.push({ from: source, to, fragment });
      if (own === null) return target;
      let place = targetOf(to);
      if (place === null || !to.endsWith('.md')) {
        place = to.startsWith('docs/') ? to.slice('docs/'.length) : `files/${to}`;
        files.set(to, place);
      }
      return `${posix.relative(posix.dirname(own), place)}${fragment === '' ? '' : `#${fragment}`}`;
    };
    return { source, target: own, ...renderPage(readFileSync(join(root, source), 'utf8'), resolve) };
  });

  const ids = new Map(pages.map(({ source, sections }) => [source, new Set(sections.map(({ id }) => id))]));
  for (const { from, to, fragment } of asked) {
    if (ids.get(to)?.has(fragment) !== true) faults.push(`${from}: ${to} has no heading #${fragment}`);
  }
  faults.push(...mentionedPages(root, pages));
  return { pages, files, faults };
}

/** Pages that are named in text or in code, without a link. */
function mentionedPages(root: string, pages: readonly LoadedPage[]): string[] {
  return pages.flatMap(({ source }) => {
    const text = readFileSync(join(root, source), 'utf8');
    const named = new Set([...text.matchAll(/\bdocs\/[\w/-]+\.md\b/g)].map(([name]) => name));
    return [...named].flatMap((name) =>
      existsSync(join(root, name)) ? [] : [`${source}: ${name} is named, and is no page`],
    );
  });
}

export function relativeTo(from: string, to: string): string {
  return relative(dirname(from), to).split(sep).join('/');
}
