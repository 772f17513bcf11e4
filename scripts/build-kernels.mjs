// Compiles src/linalg/assembly (AssemblyScript) to src/linalg/kernels.wasm. No relaxed SIMD: the bytes that peers agree on
// come from these kernels. The memory is imported and shared; the kernels hold no state and no data of their own.
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { error, stderr } = await asc.main([
  'src/linalg/assembly/kernels.ts',
  ...['--outFile', 'src/linalg/kernels.wasm'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
  ...['--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'simd', '--enable', 'threads', '--enable', 'bulk-memory'],
  ...['--importMemory', '--sharedMemory', '--initialMemory', '1', '--maximumMemory', '65536'],
]);
if (error) {
  process.stderr.write(`${stderr.toString()}\n`);
  process.exit(1);
}
