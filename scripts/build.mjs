// Builds everything: WebAssembly kernels first, then TypeScript into dist/.
import { spawnSync } from 'node:child_process';
import { chmodSync, copyFileSync, existsSync, mkdirSync, readdirSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));
const require = createRequire(import.meta.url);

function run(script, args) {
  const { status } = spawnSync(process.execPath, [script, ...args], { stdio: ['ignore', 2, 2] });
  if (status !== 0) process.exit(status ?? 1);
}

/** Files that the compiled program reads beside its JavaScript. */
function copyAssets(folder, extensions) {
  for (const entry of readdirSync(folder, { withFileTypes: true, recursive: true })) {
    if (!entry.isFile() || !extensions.some((extension) => entry.name.endsWith(extension))) continue;
    const from = join(entry.parentPath, entry.name);
    mkdirSync(dirname(join('dist', from)), { recursive: true });
    copyFileSync(from, join('dist', from));
  }
}

if (existsSync('scripts/build-kernels.mjs')) run('scripts/build-kernels.mjs', []);
run('scripts/build-curve-kernels.mjs', []);
run('scripts/build-training-kernels.mjs', []);
run('scripts/build-page.mjs', []);
run(require.resolve('typescript/bin/tsc'), [
  '-p',
  'tsconfig.json',
  '--incremental',
  '--tsBuildInfoFile',
  'dist/.tsbuildinfo',
]);
copyAssets('src', ['.wasm', '.json', '.built.html']);
if (existsSync('dist/nodes/synod.js')) chmodSync('dist/nodes/synod.js', 0o755);
writeFileSync('dist/.built', '');
