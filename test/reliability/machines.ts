/**
 * Several machines in one: Linux network namespaces, each with an address and a network stack of its own, joined by a
 * router in another one. Rate by `tc` (tbf), loss by nftables in the router where it is installed. Needs root and
 * iproute2; `machinesFault()` says what is missing.
 */
import { spawn, spawnSync, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';

export interface Machine {
  readonly namespace: string;
  readonly address: string;
  /** Starts a program on the machine. */
  start(command: string, args: readonly string[]): ChildProcessByStdio<null, Readable, Readable>;
  /** Pulls the network cable out, or puts it in again. */
  setLink(up: boolean): void;
}

export interface MachineOptions {
  readonly count: number;
  /** Share of the packets that the router drops, from 0 to 1. */
  readonly loss?: number;
  readonly megabitsPerSecond?: number;
}

function run(command: string, ...args: readonly string[]): string | undefined {
  const { status, stderr, error } = spawnSync(command, args, { encoding: 'utf8' });
  if (error !== undefined) return `${command}: ${error.message}`;
  return status === 0 ? undefined : `${[command, ...args].join(' ')}: ${stderr.trim()}`;
}

function must(command: string, ...args: readonly string[]): void {
  const fault = run(command, ...args);
  if (fault !== undefined) throw new Error(fault);
}

/** Why machines cannot be made here; undefined where they can. */
export function machinesFault(): string | undefined {
  const name = `synod-try-${process.pid}`;
  const fault = run('ip', 'netns', 'add', name);
  if (fault !== undefined) return fault;
  return run('ip', 'netns', 'del', name);
}

export function hasPacketLoss(): boolean {
  return run('nft', '--version') === undefined;
}

export class Machines {
  readonly all: readonly Machine[];
  private readonly router: string;

  /** 10.77.K.2 for machine K = 1, 2, ...; the router is 10.77.K.1. */
  constructor({ count, loss = 0, megabitsPerSecond }: MachineOptions) {
    this.router = `synod-${process.pid}-router`;
    must('ip', 'netns', 'add', this.router);
    this.inRouter('ip', 'link', 'set', 'lo', 'up');
    this.inRouter('sysctl', '-qw', 'net.ipv4.ip_forward=1');
    this.all = Array.from({ length: count }, (_, i) => this.addMachine(i + 1, megabitsPerSecond));
    if (loss > 0) this.drop(loss);
  }

  private inRouter(...command: readonly string[]): void {
    must('ip', 'netns', 'exec', this.router, ...command);
  }

  private addMachine(k: number, megabitsPerSecond: number | undefined): Machine {
    const namespace = `synod-${process.pid}-${k}`;
    const address = `10.77.${k}.2`;
    const inside = (...command: readonly string[]) => must('ip', 'netns', 'exec', namespace, ...command);
    must('ip', 'netns', 'add', namespace);
    must(
      ...(['ip', 'link', 'add', 'eth0', 'netns', namespace, 'type', 'veth'] as const),
      ...(['peer', 'name', `m${k}`, 'netns', this.router] as const),
    );
    this.inRouter('ip', 'address', 'add', `10.77.${k}.1/24`, 'dev', `m${k}`);
    this.inRouter('ip', 'link', 'set', `m${k}`, 'up');
    inside('ip', 'address', 'add', `${address}/24`, 'dev', 'eth0');
    inside('ip', 'link', 'set', 'lo', 'up');
    inside('ip', 'link', 'set', 'eth0', 'up');
    inside('ip', 'route', 'add', 'default', 'via', `10.77.${k}.1`);
    if (megabitsPerSecond !== undefined) {
      const shape = ['rate', `${megabitsPerSecond}mbit`, 'burst', '64kb', 'latency', '200ms'];
      inside('tc', 'qdisc', 'add', 'dev', 'eth0', 'root', 'tbf', ...shape);
    }
    return {
      namespace,
      address,
      start: (command, args) =>
        spawn('ip', ['netns', 'exec', namespace, command, ...args], { stdio: ['ignore', 'pipe', 'pipe'] }),
      setLink: (up) => this.inRouter('ip', 'link', 'set', `m${k}`, up ? 'up' : 'down'),
    };
  }

  private drop(loss: number): void {
    const perMille = String(Math.round(1000 * loss));
    this.inRouter('nft', 'add', 'table', 'ip', 'loss');
    const hook = '{ type filter hook forward priority 0; }';
    this.inRouter('nft', 'add', 'chain', 'ip', 'loss', 'forward', hook);
    const rule = ['numgen', 'random', 'mod', '1000', '<', perMille, 'drop'];
    this.inRouter('nft', 'add', 'rule', 'ip', 'loss', 'forward', ...rule);
  }

  /** Takes all of it away; the programs are the caller's to end first. */
  remove(): void {
    for (const { namespace } of this.all) run('ip', 'netns', 'del', namespace);
    run('ip', 'netns', 'del', this.router);
  }
}
