/**
 * Module hooks (Node's `module.register`) for users' own modules alone, tasks and rules: a URL that carries the mark, and
 * what such a module imports by a relative path. TypeScript is turned into JavaScript, since Node reads none by itself
 * before 22.18; `synod/task` and `synod/aggregation` are this very program's, and so are TensorFlow.js, since tensors of two
 * copies do not mix, and zod, so that a rule can state its settings in a folder without packages. Runs in Node's hooks thread.
 */
import { readFile } from 'node:fs/promises';
import type { InitializeHook, LoadHook, ResolveHook } from 'node:module';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

export interface ModuleHooksData {
  /** The URLs of what `synod/task` and so on stand for. */
  readonly entries: Readonly<Record<string, string>>;
  /** The URL of a file of this program, from where its own packages are found. */
  readonly program: string;
}

const OWN_MODULE_MARK = 'synod-own';
const SHARED_PACKAGES = /^(@tensorflow\/|zod$)/;
const TYPESCRIPT = /\.m?ts$/;

let entries: ModuleHooksData['entries'] = {};
let program = '';

export const initialize: InitializeHook<ModuleHooksData> = (data) => {
  ({ entries, program } = data);
};

export const resolve: ResolveHook = async (specifier, context, nextResolve) => {
  if (isMarked(specifier)) return { url: specifier, shortCircuit: true };
  const { parentURL } = context;
  if (parentURL === undefined || !isMarked(parentURL)) return nextResolve(specifier, context);
  const entry = entries[specifier];
  if (entry !== undefined) return nextResolve(entry, { ...context, parentURL: program });
  if (/^\.\.?\//.test(specifier)) {
    const url = new URL(specifier, parentURL);
    url.search = OWN_MODULE_MARK;
    return { url: url.href, shortCircuit: true };
  }
  return nextResolve(
    specifier,
    SHARED_PACKAGES.test(specifier) ? { ...context, parentURL: program } : context,
  );
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
  return url.startsWith('file:') && new URL(url).search.startsWith(`?${OWN_MODULE_MARK}`);
}
