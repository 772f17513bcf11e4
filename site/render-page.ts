/** One Markdown page as HTML, with what the links, the search and the commands of it need to know. */
import GithubSlugger from 'github-slugger';
import createParser, { type MarkdownIt, type Token } from 'markdown-it';
import anchor from 'markdown-it-anchor';
import { readFence } from './code-block.ts';

export interface Section {
  readonly id: string;
  readonly title: string;
  readonly level: number;
  readonly text: string;
}

export interface RenderedPage {
  readonly title: string;
  readonly html: string;
  readonly sections: readonly Section[];
  /** Of links and pictures, as written. */
  readonly targets: readonly string[];
  readonly commands: readonly { readonly line: number; readonly info: string; readonly text: string }[];
}

/** `resolve` turns the target of a link or picture as written into that of the built page. */
export function renderPage(markdown: string, resolve: (target: string) => string): RenderedPage {
  const slugger = new GithubSlugger();
  const md = createParser({ html: false, linkify: false, typographer: false });
  md.use(anchor, { slugify: (heading) => slugger.slug(heading), tabIndex: false });
  drawBlocks(md);
  const tokens = md.parse(markdown, {});
  const targets: string[] = [];
  for (const token of tokens.flatMap(({ children }) => children ?? [])) {
    const name = token.type === 'link_open' ? 'href' : token.type === 'image' ? 'src' : undefined;
    const target = name === undefined ? null : token.attrGet(name);
    if (name === undefined || target === null) continue;
    targets.push(`${target}`);
    token.attrSet(name, resolve(`${target}`));
  }
  const sections = sectionsOf(tokens);
  return {
    title: sections[0]?.title ?? '',
    html: md.renderer.render(tokens, md.options, {}),
    sections,
    targets,
    commands: tokens
      .filter(({ type }) => type === 'fence')
      .map(({ map, info, content }) => ({ line: (map?.[0] ?? 0) + 1, info, text: content })),
  };
}

/** Tables and code may be wider than the page: they scroll, by the keyboard too. */
function drawBlocks(md: MarkdownIt): void {
  md.renderer.rules['table_open'] = () =>
    '<div class="wide" role="region" aria-label="table" tabindex="0"><table>\n';
  md.renderer.rules['table_close'] = () => '</table></div>\n';
  md.renderer.rules['fence'] = (tokens, at) => {
    const { info = '', content = '' } = tokens[at] ?? {};
    const code = `<pre tabindex="0"><code>${md.utils.escapeHtml(content)}</code></pre>\n`;
    const block = readFence(info);
    if (block.kind === 'run') return `${code}<p class="note">Run by the tests as it stands.</p>\n`;
    if (block.kind !== 'manual') return code;
    return `${code}<p class="note">Not run by the tests: ${md.utils.escapeHtml(block.reason)}.</p>\n`;
  };
}

function sectionsOf(tokens: readonly Token[]): Section[] {
  const sections: { id: string; title: string; level: number; text: string }[] = [];
  tokens.forEach((token, at) => {
    if (token.type === 'heading_open') {
      const title = plain(tokens[at + 1]);
      sections.push({
        id: `${token.attrGet('id') ?? ''}`,
        title,
        level: Number(token.tag.slice(1)),
        text: '',
      });
      return;
    }
    const isHeading = tokens[at - 1]?.type === 'heading_open';
    const section = sections.at(-1);
    if (section === undefined || isHeading) return;
    if (token.type === 'inline') section.text += `${plain(token)}\n`;
    if (token.type === 'fence') section.text += `${token.content}\n`;
  });
  return sections;
}

function plain(token: Token | undefined): string {
  return (token?.children ?? [])
    .map(({ type, content }) => (type === 'softbreak' || type === 'hardbreak' ? ' ' : content))
    .join('');
}
