/** The search of a page, in the browser: `/` goes to it, arrows walk through what was found, Escape ends it. */
import MiniSearch from 'minisearch';
import { SEARCH_FIELDS, type FoundSection } from './search-fields.ts';

const SHOWN = 12;
const field = document.querySelector<HTMLInputElement>('#search')!;
const list = document.querySelector<HTMLElement>('#found')!;
const count = document.querySelector<HTMLElement>('#found-count')!;
/** From this page to the site's folder. */
const base = document.documentElement.dataset['base'] ?? '';

let loading: Promise<MiniSearch> | undefined;

function loadIndex(): Promise<MiniSearch> {
  loading ??= new Promise((resolve, reject) => {
    const script = document.createElement('script');
    script.src = `${base}search-index.js`;
    script.onload = () => {
      const { synodSearchIndex } = globalThis as unknown as { synodSearchIndex: object };
      resolve(MiniSearch.loadJS(synodSearchIndex as Parameters<typeof MiniSearch.loadJS>[0], SEARCH_FIELDS));
    };
    script.onerror = () => reject(new Error('search-index.js is missing beside this page'));
    document.head.append(script);
  });
  return loading;
}

async function show(): Promise<void> {
  const words = field.value.trim();
  if (words === '') return clear();
  const index = await loadIndex();
  if (field.value.trim() !== words) return;
  const found = index.search(words) as unknown as readonly FoundSection[];
  list.replaceChildren(
    ...found.slice(0, SHOWN).map(({ url, title, page, snippet }) => {
      const link = document.createElement('a');
      link.href = `${base}${url}`;
      const where = document.createElement('strong');
      where.textContent = title === page ? title : `${page}: ${title}`;
      const text = document.createElement('span');
      text.textContent = snippet;
      link.append(where, text);
      const item = document.createElement('li');
      item.append(link);
      return item;
    }),
  );
  list.hidden = found.length === 0;
  count.textContent = found.length === 0 ? `nothing found for ${words}` : `${found.length} sections found`;
}

function clear(): void {
  list.replaceChildren();
  list.hidden = true;
  count.textContent = '';
}

function links(): HTMLAnchorElement[] {
  return [...list.querySelectorAll('a')];
}

function walk(step: number): void {
  const all = links();
  const at = all.indexOf(document.activeElement as HTMLAnchorElement) + step;
  if (at < 0) field.focus();
  else all[Math.min(at, all.length - 1)]?.focus();
}

field.addEventListener('input', () => {
  show().catch((error: unknown) => (count.textContent = (error as Error).message));
});
document.addEventListener('keydown', (event) => {
  const isSearching = event.target === field || list.contains(event.target as Node);
  if (event.key === '/' && event.target !== field) field.focus();
  else if (isSearching && event.key === 'ArrowDown') walk(1);
  else if (isSearching && event.key === 'ArrowUp') walk(-1);
  else if (isSearching && event.key === 'Enter' && event.target === field) links()[0]?.click();
  else if (isSearching && event.key === 'Escape') {
    field.value = '';
    clear();
    field.focus();
  } else return;
  event.preventDefault();
});
