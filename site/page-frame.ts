/** What stands around the text of every page: search, the list of pages, the sections of this one, the neighbours. */
import type { LoadedPage } from './load-pages.ts';
import { relativeTo } from './load-pages.ts';

export interface FramedPage extends LoadedPage {
  readonly target: string;
}

export interface FrameGroup {
  readonly title: string;
  readonly pages: readonly FramedPage[];
}

export function framePage(page: FramedPage, groups: readonly FrameGroup[]): string {
  const order = groups.flatMap(({ pages }) => pages);
  const at = order.indexOf(page);
  const link = (to: FramedPage): string => `href="${relativeTo(page.target, to.target)}"`;
  const base = '../'.repeat(page.target.split('/').length - 1);
  const neighbour = (to: FramedPage | undefined, word: string): string =>
    to === undefined ? '<span></span>' : `<a ${link(to)}>${word}: ${escape(to.title)}</a>`;
  return `<!doctype html>
<html lang="en" data-base="${base}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escape(page.title)}${page.title === 'Synod' ? '' : ' - Synod'}</title>
<link rel="stylesheet" href="${base}site.css">
</head>
<body>
<a class="skip" href="#text">Skip to the text</a>
<header>
<a class="name" href="${base}index.html">Synod</a>
<div role="search">
<label for="search">Search</label>
<input id="search" type="search" autocomplete="off" placeholder="press /" aria-controls="found">
<p id="found-count" role="status"></p>
<ul id="found" hidden></ul>
</div>
</header>
<div class="columns">
<nav aria-label="Pages">
${groups.map((group) => groupOf(group, page, link)).join('\n')}
</nav>
<main id="text" tabindex="-1">
${page.html}
<nav class="neighbours" aria-label="Neighbouring pages">${neighbour(order[at - 1], 'Before')}${neighbour(order[at + 1], 'Next')}</nav>
</main>
</div>
<noscript><p class="note">Everything but the search works without scripts.</p></noscript>
<script src="${base}search.js"></script>
</body>
</html>
`;
}

function groupOf({ title, pages }: FrameGroup, shown: FramedPage, link: (to: FramedPage) => string): string {
  const items = pages.map((page) => {
    if (page !== shown) return `<li><a ${link(page)}>${escape(page.title)}</a></li>`;
    const sections = page.sections.filter(({ level }) => level === 2);
    const inside = sections.map(({ id, title: name }) => `<li><a href="#${id}">${escape(name)}</a></li>`);
    const list = inside.length === 0 ? '' : `<ul>${inside.join('')}</ul>`;
    return `<li><a aria-current="page" ${link(page)}>${escape(page.title)}</a>${list}</li>`;
  });
  return `<h2>${escape(title)}</h2>\n<ul>${items.join('\n')}</ul>`;
}

function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('"', '&quot;');
}
