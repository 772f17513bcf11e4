/**
 * The one place where it is accounted what peers cost: by peer, by address prefix and for all strangers together
 * (budget-table.ts). It knows who has a seat from whoever knows the roster; until it is told, everyone counts as
 * one who has. Work that was of use is given back, so a stranger that helps is bound by its bandwidth only.
 */
import type { Multiaddr } from '@multiformats/multiaddr';
import { addressPrefix } from './address-prefix.ts';
import { PREFIX_SHARES, RESOURCES, STRANGER_SHARES, type Rate, type Resource } from './budget-table.ts';
import { MAX_ACCOUNTS, WASTED_HANDSHAKE_UNITS } from './limits.ts';
import { TokenBucket } from './token-bucket.ts';
import type { PeerId } from '../crypto/peer-id.ts';

export type Standing = 'stranger' | 'seat';

export interface BudgetLine {
  readonly resource: Resource;
  readonly standing: Standing;
  readonly spent: number;
  /** How often something was refused, dropped or made to wait for this. */
  readonly refused: number;
}

type Accounts = Partial<Record<Resource, TokenBucket>>;

const NAMES = Object.keys(RESOURCES) as Resource[];

export class PeerBudget {
  private readonly accounts = new Map<string, Accounts>();
  private lastUsed: string | undefined;
  private readonly allStrangers: Accounts = {};
  private readonly prefixes = new Map<PeerId, string>();
  private readonly owners = new WeakMap<Multiaddr, PeerId>();
  private readonly totals: Readonly<Record<Standing, Map<Resource, { spent: number; refused: number }>>>;
  private seated: (peer: PeerId) => boolean = () => true;

  constructor() {
    const zeros = (): Map<Resource, { spent: number; refused: number }> =>
      new Map(NAMES.map((resource) => [resource, { spent: 0, refused: 0 }]));
    this.totals = { stranger: zeros(), seat: zeros() };
  }

  useSeats(isSeated: (peer: PeerId) => boolean): void {
    this.seated = isSeated;
  }

  isSeated(peer: PeerId): boolean {
    return this.seated(peer);
  }

  /** Whose connection an address is: from now on its bytes are the peer's. */
  meet(peer: PeerId, address: Multiaddr): void {
    const prefix = addressPrefix(address);
    this.owners.set(address, peer);
    this.prefixes.delete(peer);
    if (prefix !== undefined) this.prefixes.set(peer, prefix);
    forgetOldest(this.prefixes);
  }

  hasMet(peer: PeerId): boolean {
    return this.prefixes.has(peer);
  }

  /** It was not let in: it is new again when it comes back. */
  forget(peer: PeerId): void {
    this.prefixes.delete(peer);
  }

  prefixOf(peer: PeerId): string | undefined {
    return this.prefixes.get(peer);
  }

  /** Milliseconds until the peer may cost something of this again; 0: now. */
  debtMs(peer: PeerId, resource: Resource): number {
    const nowMs = Date.now();
    return Math.max(0, ...this.buckets(peer, resource, nowMs).map((bucket) => bucket.debtMs(nowMs)));
  }

  allows(peer: PeerId, ...resources: readonly Resource[]): boolean {
    return resources.every((resource) => {
      const isOpen = this.debtMs(peer, resource) === 0;
      if (!isOpen) this.refused(this.standingOf(peer), resource);
      return isOpen;
    });
  }

  /** Takes the units where the peer has them all; for what is dropped otherwise. */
  take(peer: PeerId, resource: Resource, units: number): boolean {
    const nowMs = Date.now();
    const taken = this.buckets(peer, resource, nowMs).every((bucket) => bucket.take(units, nowMs));
    const standing = this.standingOf(peer);
    if (taken) this.spend(standing, resource, units);
    else this.refused(standing, resource);
    return taken;
  }

  charge(peer: PeerId, resource: Resource, units: number): void {
    const nowMs = Date.now();
    for (const bucket of this.buckets(peer, resource, nowMs)) bucket.charge(units, nowMs);
    this.spend(this.standingOf(peer), resource, units);
  }

  /** What the peer brought was of use: it cost nothing. */
  giveBack(peer: PeerId, resource: Resource, units: number): void {
    const nowMs = Date.now();
    for (const bucket of this.buckets(peer, resource, nowMs)) bucket.charge(-units, nowMs);
    this.spend(this.standingOf(peer), resource, -units);
  }

  /** Bytes came in on a connection; how long nothing more should be read from it. */
  received(address: Multiaddr, bytes: number): number {
    const peer = this.owners.get(address);
    if (peer !== undefined) {
      if (this.seated(peer)) {
        this.spend('seat', 'wireBytes', bytes); // what has no bound needs no account, and chunks are many
        return 0;
      }
      this.charge(peer, 'wireBytes', bytes);
      return this.wait('wireBytes', this.debtMs(peer, 'wireBytes'));
    }
    return this.chargeAddress(address, 'wireBytes', bytes);
  }

  /** Whether one more connection from there may be tried before its peer is known. */
  mayShakeHands(address: Multiaddr): boolean {
    return this.chargeAddress(address, 'handshakes', 1) === 0;
  }

  /** The handshake showed a peer with a seat: it was no stranger's. */
  shookHands(address: Multiaddr): void {
    const prefix = addressPrefix(address);
    if (prefix !== undefined) this.bucketOf(prefix, 'handshakes', PREFIX_SHARES).charge(-1, Date.now());
  }

  /** A handshake was refused once its peer was known. */
  wastedHandshake(prefix: string): void {
    const bucket = this.bucketOf(prefix, 'handshakes', PREFIX_SHARES);
    bucket.charge(WASTED_HANDSHAKE_UNITS - 1, Date.now());
    this.refused('stranger', 'handshakes');
  }

  private chargeAddress(address: Multiaddr, resource: Resource, units: number): number {
    const prefix = addressPrefix(address);
    if (prefix === undefined) return 0;
    const nowMs = Date.now();
    const bucket = this.bucketOf(prefix, resource, PREFIX_SHARES);
    const debtMs = bucket.debtMs(nowMs);
    if (debtMs === 0 || resource === 'wireBytes') bucket.charge(units, nowMs);
    this.spend('stranger', resource, units);
    return this.wait(resource, debtMs);
  }

  private wait(resource: Resource, debtMs: number): number {
    if (debtMs > 0) this.refused('stranger', resource);
    return debtMs;
  }

  lines(): readonly BudgetLine[] {
    return (['stranger', 'seat'] as const).flatMap((standing) =>
      NAMES.map((resource) => {
        const { spent, refused } = this.totals[standing].get(resource) ?? { spent: 0, refused: 0 };
        return { resource, standing, spent, refused };
      }),
    );
  }

  get size(): number {
    return Math.max(this.accounts.size, this.prefixes.size);
  }

  private standingOf(peer: PeerId): Standing {
    return this.seated(peer) ? 'seat' : 'stranger';
  }

  private spend(standing: Standing, resource: Resource, units: number): void {
    const total = this.totals[standing].get(resource);
    if (total !== undefined) total.spent = Math.max(0, total.spent + units);
  }

  /** Something was refused for a reason that no account knows. */
  refused(standing: Standing, resource: Resource): void {
    const total = this.totals[standing].get(resource);
    if (total !== undefined) total.refused += 1;
  }

  private buckets(peer: PeerId, resource: Resource, nowMs: number): TokenBucket[] {
    const { seat, stranger } = RESOURCES[resource];
    if (this.seated(peer)) {
      return seat.burst === Infinity ? [] : [this.bucketOf(`seat ${peer}`, resource, 1, seat)];
    }
    const all = (this.allStrangers[resource] ??= new TokenBucket(times(stranger, STRANGER_SHARES), nowMs));
    const prefix = this.prefixes.get(peer);
    const own = this.bucketOf(peer, resource, 1);
    return prefix === undefined ? [own, all] : [own, this.bucketOf(prefix, resource, PREFIX_SHARES), all];
  }

  private bucketOf(
    account: string,
    resource: Resource,
    shares: number,
    rate: Rate = RESOURCES[resource].stranger,
  ): TokenBucket {
    const accounts = this.accounts.get(account) ?? {};
    if (account !== this.lastUsed) {
      this.accounts.delete(account); // the one used last stands last
      this.accounts.set(account, accounts);
      this.lastUsed = account;
      forgetOldest(this.accounts);
    }
    return (accounts[resource] ??= new TokenBucket(times(rate, shares), Date.now()));
  }
}

function times({ perSecond, burst }: Rate, shares: number): Rate {
  return { perSecond: perSecond * shares, burst: burst * shares };
}

function forgetOldest(map: Map<string, unknown>): void {
  for (const oldest of map.keys()) {
    if (map.size <= MAX_ACCOUNTS) return;
    map.delete(oldest);
  }
}
