/**
 * Which peer and which round are looked at. It stands in the page's address behind `#`, so that a peer's page and a
 * round's have links of their own: `#peer=Ab3x&round=12`.
 */
import { findPeer } from '../explain-peer.ts';
import type { RunView } from '../run-view.ts';

export class Selection {
  /** Undefined: the newest one, whichever that is. */
  round: number | undefined;
  peer: number | undefined;
  private readonly view: RunView;
  private readonly changed: () => void;

  constructor(view: RunView, changed: () => void) {
    this.view = view;
    this.changed = changed;
    window.addEventListener('hashchange', () => this.read());
  }

  get shownRound(): number {
    return this.round ?? Math.max(0, this.view.newest);
  }

  setRound(round: number | undefined): void {
    this.round = round === undefined ? undefined : Math.max(0, Math.min(this.view.newest, round));
    this.write();
  }

  setPeer(peer: number | undefined): void {
    this.peer = peer;
    this.write();
  }

  /** Takes what the address says, where the run has it. */
  read(): void {
    const words = new URLSearchParams(location.hash.slice(1));
    const [peer, round] = [words.get('peer'), words.get('round')];
    this.peer = peer === null || peer === '' ? undefined : findPeer(this.view, peer);
    this.round = round === null || !/^\d{1,9}$/.test(round) ? undefined : Number(round);
    if (this.round !== undefined) this.round = Math.max(0, Math.min(this.view.newest, this.round));
    this.changed();
  }

  private write(): void {
    const words = new URLSearchParams();
    if (this.peer !== undefined) words.set('peer', this.view.name(this.peer));
    if (this.round !== undefined) words.set('round', String(this.round));
    const hash = words.size === 0 ? '' : `#${words}`;
    // replaced, not added: replaying a hundred rounds is no history to go back through
    history.replaceState(null, '', `${location.pathname}${location.search}${hash}`);
    this.changed();
  }
}
