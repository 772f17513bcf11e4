/** Imports a module of the user's own, a task or a rule. It is code and runs with this program's rights. */
import { existsSync } from 'node:fs';
import { register } from 'node:module';
import { resolve } from 'node:path';
import { pathToFileURL } from 'node:url';
import { checkRegular } from '../files/regular-file.ts';
import { OperatorError, invalidField, reasonOf } from '../foundation/operator-error.ts';
import type { ModuleHooksData } from './module-hooks.ts';

/** Its default export. Throws an OperatorError that calls it `what`, such as `the rule module`. */
export async function importOwnModule(path: string, what: string): Promise<unknown> {
  const file = resolve(path);
  if (!existsSync(file)) throw invalidField(what, 'exist', path);
  checkRegular(file);
  hook();
  try {
    // the mark that the hooks look for
    const module = (await import(`${pathToFileURL(file).href}?synod-own`)) as { readonly default?: unknown };
    return module.default;
  } catch (error) {
    throw new OperatorError(`${what} ${path} does not load: ${reasonOf(error)}`, { cause: error });
  }
}

let hooked = false;

function hook(): void {
  if (hooked) return;
  hooked = true;
  const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
  const beside = (name: string): string => new URL(`./${name}.${extension}`, import.meta.url).href;
  register<ModuleHooksData>(beside('module-hooks'), {
    data: {
      entries: {
        'synod/task': beside('../training/user-task'),
        'synod/aggregation': beside('../library/aggregation'),
      },
      program: import.meta.url,
    },
  });
}
