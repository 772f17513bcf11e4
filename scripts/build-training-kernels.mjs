// Compiles src/training/assembly (AssemblyScript) to src/training/backends/kernels.wasm. Its memory is imported: that of
// TF.js's wasm back end, so that kernels read and write tensors where they lie. It holds no data and no state.
import { readdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const folder = 'src/training/assembly';
const { error, stderr } = await asc.main([
  ...readdirSync(folder)
    .filter((name) => name.endsWith('.ts'))
    .sort()
    .map((name) => `${folder}/${name}`),
  ...['--outFile', 'src/training/backends/kernels.wasm'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
  ...['--runtime', 'stub', '--use', 'abort=', '--enable', 'simd', '--enable', 'bulk-memory'],
  ...['--importMemory', '--initialMemory', '1'],
]);
if (error) {
  process.stderr.write(`${stderr.toString()}\n`);
  process.exit(1);
}
