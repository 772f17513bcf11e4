import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';

const MODULE = JSON.stringify(new URL('../../nodes/interrupt.ts', import.meta.url).href);

/** A program that says when it is ready, and what it does until it is interrupted. */
async function interrupted(
  body: string,
  ...signals: readonly NodeJS.Signals[]
): Promise<{ code: number | null; said: string }> {
  const code = `const { untilInterrupted } = await import(${MODULE});
    const { signal, release } = untilInterrupted(50);
    const say = (text) => process.stdout.write(text + '\\n');
    ${body}`;
  const child = spawn(process.execPath, ['--import', 'tsx', '--input-type=module', '-e', code], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  const ended = once(child, 'close') as Promise<[number | null]>;
  child.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ready = once(child.stdout, 'data');
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  await ready;
  for (const signal of signals) child.kill(signal);
  const [exitCode] = await ended;
  return { code: exitCode, said };
}

describe('a signal', () => {
  it('aborts what is under way, with the exit code of the signal', async () => {
    for (const [signal, exitCode] of [
      ['SIGINT', 130],
      ['SIGTERM', 143],
      ['SIGHUP', 129],
    ] as const) {
      const { code, said } = await interrupted(
        `signal.addEventListener('abort', () => { release(); say(signal.reason.message); process.exitCode = signal.reason.exitCode; clearInterval(timer); });
         const timer = setInterval(() => {}, 1000); say('ready');`,
        signal,
      );
      assert.deepEqual([code, said], [exitCode, `ready\nstopped by ${signal}\n`]);
    }
  });

  it('may be put off once, and the next one is not', async () => {
    const { code, said } = await interrupted(
      `release();
       let asked = 0;
       const put = untilInterrupted(50, () => (asked += 1, say('put off ' + asked), true));
       put.signal.addEventListener('abort', () => { put.release(); say(put.signal.reason.message); process.exitCode = put.signal.reason.exitCode; clearInterval(timer); });
       const timer = setInterval(() => { if (asked === 1) process.kill(process.pid, 'SIGTERM'); }, 20); say('ready');`,
      'SIGINT',
    );
    assert.deepEqual([code, said], [143, 'ready\nput off 1\nstopped by SIGTERM\n']);
  });

  it('ends a program that does not end by itself', async () => {
    const { code, said } = await interrupted(`setInterval(() => {}, 1000); say('ready');`, 'SIGTERM');
    assert.deepEqual([code, said], [143, 'ready\nsynod: stopped by SIGTERM\n']);
  });

  it('ends a program whose thread loops for ever', async () => {
    const { code } = await interrupted(
      `import { Worker } from 'node:worker_threads';
       const worker = new Worker("require('node:worker_threads').parentPort.postMessage(1); for (;;);", { eval: true, execArgv: [] });
       worker.once('message', () => say('ready'));`,
      'SIGINT',
    );
    assert.equal(code, 130);
  });
});
