/**
 * Module hooks (Node's `module.register`) for users' task modules alone: a URL that carries the mark, and what such a
 * module imports by a relative path. TypeScript is turned into JavaScript, since Node reads none by itself before
 * 22.18; `synod/task` is this very program's, and TensorFlow.js its own copy, since tensors of two copies do not mix.
 * Runs in Node's hooks thread.
 */
import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

export interface TaskHooksData {
  /** The URL of what `synod/task` stands for. */
  readonly api: string;
}

export const TASK_MARK = 'synod-task';
const SHARED_PACKAGES = /^@tensorflow\//;
const TYPESCRIPT = /\.m?ts$/;

let api = '';

export const initialize: InitializeHook<TaskHooksData> = (data) => {
  ({ api } = data);
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (isMarked(specifier)) return { url: specifier, shortCircuit: true };
  const { parentURL } = context;
  if (parentURL === undefined || !isMarked(parentURL)) return nextResolve(specifier, context);
  if (specifier === 'synod/task') return nextResolve(api, { ...context, parentURL: api });
  if (/^\.\.?\//.test(specifier)) {
    const url = new URL(specifier, parentURL);
    url.search = TASK_MARK;
    return { url: url.href, shortCircuit: true };
  }
  return nextResolve(specifier, SHARED_PACKAGES.test(specifier) ? { ...context, parentURL: api } : context);
};

export const load: LoadHook = async (url, context, nextLoad) => {
  if (!isMarked(url)) return nextLoad(url, context);
  const file = fileURLToPath(url);
  if (!TYPESCRIPT.test(file)) return nextLoad(url, context);
  const { code } = await transform(await readFile(file, 'utf8'), {
    loader: 'ts',
    format: 'esm',
    target: 'node20',
    sourcefile: file,
    sourcemap: 'inline',
    logLevel: 'silent',
  });
  return { format: 'module', source: code, shortCircuit: true };
};

function isMarked(url: string): boolean {
  return url.startsWith('file:') && new URL(url).search.startsWith(`?${TASK_MARK}`);
}
