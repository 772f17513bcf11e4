// A run of four peers as a function: its events as they happen, and what came out.
import { simulate } from 'synod/simulate';

const run = simulate({ peers: 4, seed: 'example', experiment: { rounds: 4, timing: { collectMs: 60_000 } } });
for await (const event of run) {
  if (event.e === 'decision')
    console.log(`round ${event.round} is decided, state ${event.state.slice(0, 16)}`);
}
const { accuracy, loss, agreed } = await run.result;
console.log(`accuracy ${accuracy.toFixed(2)}, loss ${loss.toFixed(3)}, all peers agree: ${agreed}`);
