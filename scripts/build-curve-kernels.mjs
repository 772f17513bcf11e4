// Compiles src/crypto/assembly (AssemblyScript) to src/crypto/curve.wasm. The memory is the instance's own, one page; no
// data of the compiler's lies in it.
import { fileURLToPath } from 'node:url';
import asc from 'assemblyscript/asc';

process.chdir(fileURLToPath(new URL('..', import.meta.url)));

const { error, stderr } = await asc.main([
  'src/crypto/assembly/curve.ts',
  ...['--outFile', 'src/crypto/curve.wasm'],
  ...['--optimizeLevel', '3', '--shrinkLevel', '0', '--noAssert'],
  ...['--runtime', 'stub', '--use', 'abort='],
  ...['--enable', 'bulk-memory', '--initialMemory', '1', '--maximumMemory', '1'],
]);
if (error) {
  process.stderr.write(`${stderr.toString()}\n`);
  process.exit(1);
}
