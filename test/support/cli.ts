/** Runs `synod` as a process of its own: as built where the build is up to date, which starts faster; else from the sources. */
import { spawn, type ChildProcess, type ChildProcessByStdio } from 'node:child_process';
import type { Readable } from 'node:stream';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isBuilt } from '../../scripts/built.mjs';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const ENTRY = 'nodes/synod.ts';
const BYZANTINE_ENTRY = 'test/support/byzantine-peer.ts';
const DYING_ENTRY = 'test/support/dying-peer.ts';
const LOADER = import.meta.resolve('tsx');
const BUILT = isBuilt(ROOT);

export interface Finished {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Started {
  readonly process: ChildProcess;
  readonly finished: Promise<Finished>;
  /** What it has written so far. */
  output(): { readonly stdout: string; readonly stderr: string };
}

export function startSynod(
  args: readonly string[],
  options: { readonly cwd?: string; readonly nodeFlags?: readonly string[] } = {},
): Started {
  const { nodeFlags, ...spawning } = options;
  return startProgram(programOf(ENTRY, args, nodeFlags), spawning);
}

/** `args` as for `startSynod`, which begin with `peer`. */
export function startByzantinePeer(behaviours: readonly string[], args: readonly string[]): Started {
  return startProgram(programOf(BYZANTINE_ENTRY, [...args, '--behave', behaviours.join()]));
}

/** A peer that kills itself where it has fetched such a share of a state. `args` as for `startSynod`. */
export function startDyingPeer(share: number, args: readonly string[]): Started {
  return startProgram(programOf(DYING_ENTRY, [...args, '--dies-at', String(share)]));
}

/** As `synodCommand`, always from the sources. */
export function sourceCommand(args: readonly string[]): [string, ...string[]] {
  return [process.execPath, '--import', LOADER, join(ROOT, ENTRY), ...args];
}

/** Node.js and its arguments, for those that start `synod` in their own way. */
export function synodCommand(args: readonly string[]): [string, ...string[]] {
  return programOf(ENTRY, args);
}

/** Node.js and its arguments, to run a source file of this project as a program; `nodeFlags` are for Node.js itself. */
export function programOf(
  entry: string,
  args: readonly string[],
  nodeFlags: readonly string[] = [],
): [string, ...string[]] {
  const loader = BUILT ? [] : ['--import', LOADER];
  return [process.execPath, ...loader, ...nodeFlags, fileOf(entry), ...args];
}

/** Where a source file of this project lies as programs run it: built, or as it is. */
export function fileOf(entry: string): string {
  return BUILT ? join(ROOT, 'dist', entry.replace(/\.ts$/, '.js')) : join(ROOT, entry);
}

/** Starts what `programOf` gave. */
export function startProgram(
  [command, ...args]: readonly [string, ...string[]],
  options: { readonly cwd?: string } = {},
): Started {
  return follow(spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'], ...options }));
}

/** Collects what a process writes. */
export function follow(child: ChildProcessByStdio<null, Readable, Readable>): Started {
  let [stdout, stderr] = ['', ''];
  child.stdout.on('data', (chunk: Buffer) => (stdout += chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => (stderr += chunk.toString()));
  const finished = new Promise<Finished>((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
  return { process: child, finished, output: () => ({ stdout, stderr }) };
}

export function runSynod(
  args: readonly string[],
  options: { readonly cwd?: string } = {},
): Promise<Finished> {
  return startSynod(args, options).finished;
}

/** The object on the last line of stdout. */
export function lastLine<T>(stdout: string): T {
  return JSON.parse(stdout.trimEnd().split('\n').at(-1) ?? '') as T;
}
