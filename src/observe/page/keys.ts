/** The keyboard: arrows for rounds and peers, `/` to find a peer, `l` for live, `?` for help. */
import { byId } from './dom.ts';

export interface KeyHandlers {
  round(by: number): void;
  peer(by: number): void;
  live(): void;
  close(): void;
  /** Whether there is such a peer. */
  find(text: string): boolean;
}

export function onKeys(handlers: KeyHandlers): void {
  const help = byId('help') as HTMLDialogElement;
  const find = byId('find') as HTMLInputElement;
  find.addEventListener('input', () => {
    const known = find.value === '' || handlers.find(find.value);
    find.setAttribute('aria-invalid', String(!known));
  });
  byId('help-open').addEventListener('click', () => help.showModal());
  byId('help-close').addEventListener('click', () => help.close());
  document.addEventListener('keydown', (event) => {
    const typing = event.target instanceof HTMLInputElement;
    if (event.ctrlKey || event.metaKey || event.altKey || help.open) return;
    if (event.key === 'Escape') {
      handlers.close();
      find.blur();
      return;
    }
    if (typing) return;
    const acted = act(event.key, handlers, help, find);
    if (acted) event.preventDefault();
  });
}

function act(key: string, handlers: KeyHandlers, help: HTMLDialogElement, find: HTMLInputElement): boolean {
  switch (key) {
    case 'ArrowLeft':
      handlers.round(-1);
      return true;
    case 'ArrowRight':
      handlers.round(1);
      return true;
    case 'ArrowUp':
      handlers.peer(-1);
      return true;
    case 'ArrowDown':
      handlers.peer(1);
      return true;
    case 'l':
      handlers.live();
      return true;
    case '/':
      find.focus();
      return true;
    case '?':
      help.showModal();
      return true;
    default:
      return false;
  }
}
