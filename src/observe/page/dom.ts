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
export function textForm(make: () => TableText): HTMLElement {
  const place = h('div', { class: 'scroll', tabindex: 0, role: 'region', 'aria-label': 'table' });
  const copy = h(
    'button',
    { type: 'button', click: () => void navigator.clipboard.writeText(csv(make())) },
    'Copy CSV',
  );
  const details = h('details', { class: 'text-form' }, h('summary', {}, 'As a table'), copy, place);
  details.addEventListener('toggle', () => {
    if (details.open) place.replaceChildren(table(make()));
  });
  return details;
}

export function csv({ head, rows }: TableText): string {
  const cell = (value: string | number | Node): string => {
    const text = value instanceof Node ? (value.textContent ?? '') : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return [head, ...rows].map((row) => row.map(cell).join(',')).join('\n');
}
