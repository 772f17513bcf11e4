/** Elements without HTML: everything that comes from peers is text, so nothing that they say can become a tag. */
type Child = Node | string | number | undefined;
type Attributes = Readonly<Record<string, string | number | boolean | ((event: Event) => void) | undefined>>;

export function h<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

export function svg(tag: string, attributes: Attributes = {}, ...children: readonly Child[]): SVGElement {
  const element = document.createElementNS('http://www.w3.org/2000/svg', tag);
  setAttributes(element, attributes);
  append(element, children);
  return element;
}

function append(element: Element, children: readonly Child[]): void {
  for (const child of children) {
    if (child !== undefined) element.append(typeof child === 'number' ? String(child) : child);
  }
}

function setAttributes(element: Element, attributes: Attributes): void {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === false) continue;
    if (typeof value === 'function') element.addEventListener(name, value);
    else element.setAttribute(name, value === true ? '' : String(value));
  }
}

export function byId(id: string): HTMLElement {
  const element = document.getElementById(id);
  if (element === null) throw new Error(`the page has no #${id}`);
  return element;
}

export function setText(id: string, text: string): void {
  const element = byId(id);
  if (element.textContent !== text) element.textContent = text;
}

/**
 * Puts new elements in a place without taking anything from who reads there: what was opened stays open, what was
 * scrolled stays scrolled, what had the focus has it again. Old and new are matched by their order.
 */
export function renew(place: HTMLElement, ...children: readonly Node[]): void {
  const [opened, scrolled] = [all(place, 'details'), all(place, '.scroll')];
  const open = opened.map((details) => (details as HTMLDetailsElement).open);
  const tops = scrolled.map(({ scrollTop }) => scrollTop);
  const focused = all(place, FOCUSABLE).findIndex((element) => element === document.activeElement);
  place.replaceChildren(...children);
  all(place, 'details').forEach((details, i) => {
    if (open[i] === true) (details as HTMLDetailsElement).open = true;
  });
  // a table within is made when its `toggle` comes, which would be too late for where it was scrolled to
  all(place, 'details').forEach((details) => details.dispatchEvent(new Event('toggle')));
  all(place, '.scroll').forEach((element, i) => (element.scrollTop = tops[i] ?? 0));
  if (focused >= 0) all(place, FOCUSABLE)[focused]?.focus({ preventScroll: true });
}

const FOCUSABLE = 'button, summary, [tabindex]';

function all(place: HTMLElement, selector: string): HTMLElement[] {
  return [...place.querySelectorAll<HTMLElement>(selector)];
}

export interface TableText {
  readonly caption: string;
  readonly head: readonly string[];
  readonly rows: readonly (readonly (string | number | Node)[])[];
}

export function table({ caption, head, rows }: TableText): HTMLTableElement {
  return h(
    'table',
    {},
    h('caption', {}, caption),
    h('thead', {}, h('tr', {}, ...head.map((text) => h('th', { scope: 'col' }, text)))),
    h(
      'tbody',
      {},
      ...rows.map((row) =>
        h('tr', {}, ...row.map((cell, i) => (i === 0 ? h('th', { scope: 'row' }, cell) : h('td', {}, cell)))),
      ),
    ),
  );
}

/** The text form of a figure: a table that is made when it is opened, and its CSV on the clipboard. */
export function textForm(make: () => TableText, title = 'As a table'): HTMLElement {
  const place = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'table' });
  const copy = h('button', { type: 'button', click: () => void copyText(csv(make())) }, 'Copy CSV');
  const details = h('details', { class: 'text-form' }, h('summary', {}, title), copy, place);
  details.addEventListener('toggle', () => {
    if (details.open) place.replaceChildren(table(make()));
  });
  return details;
}

/** Beyond loopback and without encryption a page has no clipboard: it is a file then. */
async function copyText(text: string): Promise<void> {
  const clipboard = navigator.clipboard as Clipboard | undefined;
  if (clipboard !== undefined) return clipboard.writeText(text);
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv' }));
  h('a', { href: url, download: 'table.csv' }).click();
  URL.revokeObjectURL(url);
}

export function csv({ head, rows }: TableText): string {
  const cell = (value: string | number | Node): string => {
    const text = value instanceof Node ? (value.textContent ?? '') : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\n');
}
