/**
 * Hosts on one switch: network namespaces with public addresses (5.5.5.K and 2a00:5::K), so that peers treat each other
 * as strangers on the internet. Links between two hosts are cut in silence by a false neighbour entry, which needs
 * nothing but iproute2; firewalls and forgetful routers need nftables. `labFault()` says what is missing.
 */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface Host {
  readonly namespace: string;
  readonly ip4: string;
  readonly ip6: string;
  start(command: string, args: readonly string[]): ChildProcessByStdio<null, Readable, Readable>;
}

/** Nobody on the switch has it: what is sent to it is lost without a word. */
const NOBODY = '02:00:00:00:00:01';

function run(command: string, ...args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return `${command}: ${error.message}`;
  return status === 0 ? undefined : `${[command, ...args].join(' ')}: ${stderr.trim()}`;
}

function must(command: string, ...args: readonly string[]): void {
  const fault = run(command, ...args);
  if (fault !== undefined) throw new Error(fault);
}

/** Why hosts cannot be made here; undefined where they can. */
export function labFault(): string | undefined {
  const name = `synod-lab-try-${process.pid}`;
  const fault = run('ip', 'netns', 'add', name);
  if (fault !== undefined) return `network namespaces cannot be made here (${fault})`;
  return run('ip', 'netns', 'del', name);
}

export function hasFirewall(): boolean {
  return run('nft', '--version') === undefined;
}

let labs = 0;

export class NetworkLab {
  readonly hosts: readonly Host[];
  private readonly switch: string;
  private readonly name = `sl${process.pid}-${(labs += 1)}`;

  constructor(count: number) {
    this.switch = `${this.name}-switch`;
    must('ip', 'netns', 'add', this.switch);
    this.in(this.switch, 'ip', 'link', 'add', 'bridge', 'type', 'bridge');
    this.in(this.switch, 'ip', 'link', 'set', 'bridge', 'up');
    this.hosts = Array.from({ length: count }, (_, i) => this.addHost(i + 1));
  }

  private in(namespace: string, ...command: readonly string[]): void {
    must('ip', 'netns', 'exec', namespace, ...command);
  }

  private addHost(k: number): Host {
    const namespace = `${this.name}-${k}`;
    const [ip4, ip6] = [`5.5.5.${k}`, `2a00:5::${k}`];
    must('ip', 'netns', 'add', namespace);
    const peer = ['peer', 'name', `h${k}`, 'netns', this.switch];
    must('ip', 'link', 'add', 'eth0', 'netns', namespace, 'type', 'veth', ...peer);
    this.in(this.switch, 'ip', 'link', 'set', `h${k}`, 'master', 'bridge', 'up');
    this.in(namespace, 'ip', 'address', 'add', `${ip4}/24`, 'dev', 'eth0');
    this.in(namespace, 'ip', 'address', 'add', `${ip6}/64`, 'dev', 'eth0', 'nodad');
    this.in(namespace, 'ip', 'link', 'set', 'lo', 'up');
    this.in(namespace, 'ip', 'link', 'set', 'eth0', 'up');
    return {
      namespace,
      ip4,
      ip6,
      start: (command, args) =>
        spawn('ip', ['netns', 'exec', namespace, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }),
    };
  }

  /** From now on these two lose everything that they send to each other. */
  cut(one: Host, other: Host): void {
    this.loseTo(one, other);
    this.loseTo(other, one);
  }

  private loseTo(from: Host, to: Host): void {
    for (const address of [to.ip4, to.ip6]) {
      const entry = [address, 'lladdr', NOBODY, 'dev', 'eth0', 'nud', 'permanent'];
      this.in(from.namespace, 'ip', 'neigh', 'replace', ...entry);
    }
  }

  heal(one: Host, other: Host): void {
    for (const [from, to] of [
      [one, other],
      [other, one],
    ] as const) {
      for (const address of [to.ip4, to.ip6]) {
        run('ip', 'netns', 'exec', from.namespace, 'ip', 'neigh', 'del', address, 'dev', 'eth0');
      }
    }
  }

  /** Both ways, with the queue of a home router. */
  shape(host: Host, kilobitsPerSecond: number): void {
    const shape = ['rate', `${kilobitsPerSecond}kbit`, 'burst', '16kb', 'latency', '400ms'];
    this.in(host.namespace, 'tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', ...shape);
    const port = `h${host.ip4.split('.')[3]}`;
    this.in(this.switch, 'tc', 'qdisc', 'add', 'dev', port, 'root', 'tbf', ...shape);
  }

  /** A new address in place of the old one; what used the old one is cut off. */
  move(host: Host, ip4: string): Host {
    this.in(host.namespace, 'ip', 'address', 'del', `${host.ip4}/24`, 'dev', 'eth0');
    this.in(host.namespace, 'ip', 'address', 'add', `${ip4}/24`, 'dev', 'eth0');
    return { ...host, ip4 };
  }

  /** Nobody can connect to the host; it can connect to others. */
  denyInbound(host: Host): void {
    this.firewall(host, [
      'add chain inet lab in { type filter hook input priority 0; }',
      'add rule inet lab in iif eth0 tcp flags & (syn | ack) == syn drop',
    ]);
  }

  /** A router in front of the host that forgets a connection after some silence, and then drops its packets. */
  forgetSilent(host: Host, seconds: number): void {
    const incoming = 'ip saddr . tcp sport . ip daddr . tcp dport';
    const outgoing = 'ip daddr . tcp dport . ip saddr . tcp sport';
    const rules = (chain: string, flow: string): string[] => [
      `add rule inet lab ${chain} meta l4proto != tcp accept`,
      `add rule inet lab ${chain} meta nfproto != ipv4 accept`,
      `add rule inet lab ${chain} tcp flags & (syn | ack) == syn update @live { ${flow} timeout ${seconds}s } accept`,
      `add rule inet lab ${chain} ${flow} @live update @live { ${flow} timeout ${seconds}s } accept`,
      `add rule inet lab ${chain} drop`,
    ];
    this.firewall(host, [
      'add set inet lab live { typeof ip saddr . tcp sport . ip daddr . tcp dport; flags dynamic,timeout; size 65535; }',
      'add chain inet lab in { type filter hook input priority 0; }',
      'add chain inet lab out { type filter hook output priority 0; }',
      ...rules('in', incoming),
      ...rules('out', outgoing),
    ]);
  }

  private firewall(host: Host, lines: readonly string[]): void {
    for (const line of ['add table inet lab', ...lines]) this.in(host.namespace, 'nft', line);
  }

  /** Takes all of it away; the programs are the caller's to end first. */
  remove(): void {
    for (const { namespace } of this.hosts) run('ip', 'netns', 'del', namespace);
    run('ip', 'netns', 'del', this.switch);
  }
}
