import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { explainPeer, findPeer } from '../../src/observe/explain-peer.ts';
import { explainRound } from '../../src/observe/explain-round.ts';
import { readRun } from '../../src/observe/read-run.ts';
import { threeDigits } from '../../src/observe/sentences.ts';
import type { RunView } from '../../src/observe/run-view.ts';
import { writeRun, type WrittenRun } from '../support/written-run.ts';

async function viewOf(run: Omit<WrittenRun, 'folder'>): Promise<RunView> {
  const folder = mkdtempSync(join(tmpdir(), 'synod-explain-'));
  try {
    writeRun({ folder, ...run });
    return (await readRun(folder)).view;
  } finally {
    rmSync(folder, { recursive: true });
  }
}

describe('a round explained', () => {
  it('names who was asked, each contribution with its measures, who was cut, and what it cost', async () => {
    const view = await viewOf({ peers: 8, rounds: 12, adversaries: 2 });
    const text = explainRound(view, 5);
    const list = view.rounds[5]?.contributions;
    assert.ok(list !== undefined, 'round 5 is in the log');
    assert.match(
      text,
      /^Round 5 of 12 in "written", a run of 8 peers\. 2 of them are known to attack/,
      'what it is',
    );
    assert.match(text, /All 8 peers with a seat were asked/, 'who was asked');
    for (const [place, peer] of list.peers.entries()) {
      const line = text.split('\n').find((candidate) => candidate.startsWith(`  ${view.name(peer)},`));
      assert.ok(line?.includes(`norm ${threeDigits(list.norm?.[place])}`), `${view.name(peer)}: ${line}`);
      assert.match(line ?? '', peer < 2 ? /trimmed$/ : /contributed$/, view.name(peer));
    }
    assert.match(
      text,
      /left out 0000, 0001: .*pointed against it.* 2 of these 2 are known to attack/,
      'the cut ones',
    );
    assert.match(
      text,
      /5 of 7 members signed the result \(not among the signatures: \w+, \w+\)/,
      'certificate',
    );
    assert.match(text, /A peer received 205 KiB and sent 195 KiB; the encodings need/, 'bytes');
  });

  it('says of a follower’s log what it does not know', async () => {
    const view = await viewOf({ peers: 20, rounds: 12, adversaries: 4, self: 3 });
    const round = view.rounds.findIndex((_, number) => !view.serves(3, number));
    assert.match(
      explainRound(view, round),
      /did not serve on the committee, so it measured none/,
      'no measures',
    );
  });

  it('says that a round is not decided yet', async () => {
    const view = await viewOf({ peers: 8, rounds: 3, adversaries: 0, unfinished: true });
    assert.match(explainRound(view, 2), /No list of contributions has been decided yet/, 'open');
  });
});

describe('a peer explained', () => {
  it('says how often, in which rounds and how far it was cut', async () => {
    const view = await viewOf({ peers: 8, rounds: 30, adversaries: 2 });
    const text = explainPeer(view, 0, view.lastAt);
    assert.match(text, /In 30 decided rounds: trimmed in 30; it served on \d+ committees/, 'standing');
    assert.match(text, /left out in 30 rounds \(0 to 29\): .* times as far .* pointed against it/, 'how');
  });

  it('says in which lists it is missing, and how', async () => {
    const view = await viewOf({ peers: 8, rounds: 60, adversaries: 0 });
    const late = view.rounds.filter((seen) => seen?.contributions?.late.includes(7)).length;
    assert.ok(late > 1, 'the last peer is late at times');
    const text = explainPeer(view, 7, view.lastAt);
    const pattern = new RegExp(
      `asked for 60 contributions and is missing in ${late} lists .*, rounds .*: ${late} came too late`,
    );
    assert.match(text, pattern, 'late');
    assert.match(explainPeer(view, 6, view.lastAt), /missing in \d+ lists .* nothing was seen/, 'unseen');
    assert.doesNotMatch(explainPeer(view, 3, view.lastAt), /missing|silent/, 'one that is always there');
  });

  it('says since when one that was killed is silent, and what the last sign of it was', async () => {
    const view = await viewOf({
      peers: 5,
      rounds: 30,
      adversaries: 0,
      self: 0,
      killed: { peer: 4, round: 12 },
    });
    const text = explainPeer(view, 4, view.lastAt);
    assert.match(text, /^\S+0004, shown as 0004, as 0000 saw it\./, 'who looks');
    assert.match(
      text,
      /It is silent: it was asked 18 times since round 12, and nothing of it was seen\./,
      'since when',
    );
    assert.match(
      text,
      /The last sign of it is its (signature under|contribution to) round 1[01]\./,
      'last sign',
    );
    assert.match(text, /0000 has no connection to it since \d\d:\d\d:\d\d\./, 'connection');
    assert.match(text, /What 0004 is doing now stands in its own log|The run has finished/, 'no guess');
  });

  it('tells of a real run in which one was killed what its colleague saw', async () => {
    const folder = fileURLToPath(new URL('../originals/killed-peer', import.meta.url));
    const { view } = await readRun(folder);
    const killed = findPeer(view, 'eNTq') ?? NaN;
    assert.deepEqual(explainPeer(view, killed, view.lastAt).split('\n').slice(1, 6), [
      'In 28 decided rounds: absent in 26, contributed in 2; it served on 28 committees, and its signature stands under 2 of their certificates.',
      'It is silent: it was asked 26 times since round 2, and nothing of it was seen.',
      'The last sign of it is its signature under round 1.',
      'Its contributions are heard of 8.59 s after a round begins, those of the others after 5.68 s (the middle of 2 rounds).',
      'As a proposer it was not heard in time in rounds 5, 13 and 16; the next member had the word there.',
    ]);
    const other = findPeer(view, 'N7jy') ?? NaN;
    assert.doesNotMatch(
      explainPeer(view, other, view.lastAt),
      /silent|missing|it is slow/,
      'one that was there',
    );
  });

  it('says when what a slow one sends is heard of, beside the others, before anything is missed', async () => {
    const view = await viewOf({ peers: 5, rounds: 30, adversaries: 0, self: 0, slow: 3 });
    const pattern = /heard of 390 ms after a round begins, those of the others after \d+ ms .*: it is slow/;
    assert.match(explainPeer(view, 3, view.lastAt), pattern, 'slow');
    assert.match(explainPeer(view, 2, view.lastAt), /heard of .*: it is not slow/, 'another one');
  });

  it('says whether it computes slowly, where the others write too', async () => {
    const view = await viewOf({ peers: 4, rounds: 5, adversaries: 0 });
    for (const seen of view.rounds) {
      for (const mark of seen?.phases ?? []) if (mark.peer === 1) Object.assign(mark, { ms: 900 });
    }
    assert.match(
      explainPeer(view, 1, view.lastAt),
      /compute a contribution takes it 900 ms, the others 1\d\d ms: it is slow/,
      'slow',
    );
    assert.match(
      explainPeer(view, 2, view.lastAt),
      /compute a contribution.*: it is not slow/,
      'another one',
    );
  });

  it('says that the log breaks off, instead of what was done when it did', async () => {
    const view = await viewOf({ peers: 4, rounds: 5, adversaries: 0, unfinished: true });
    assert.match(explainPeer(view, 1, view.lastAt), /0001 .* round 4/, 'just now');
    const later = explainPeer(view, 1, view.lastAt + 120_000);
    assert.match(later, /nothing was written since \d\d:\d\d:\d\d: the run was killed/, 'two minutes later');
  });

  it('counts one as one', async () => {
    const view = await viewOf({ peers: 5, rounds: 1, adversaries: 1 });
    const texts = [...view.peers.keys()].map((peer) => explainPeer(view, peer, view.lastAt)).join('');
    assert.doesNotMatch(texts, /\b1 (rounds|lists|times|contributions|committees|others)\b/, 'singular');
    assert.match(explainRound(view, 0), /1 of them is known to attack/, 'of a round too');
  });

  it('is found by its id or the end of it, where that is one peer’s', async () => {
    const view = await viewOf({ peers: 12, rounds: 1, adversaries: 0 });
    assert.equal(findPeer(view, '0011'), 11, 'the end');
    assert.equal(findPeer(view, view.peers[3] ?? ''), 3, 'whole');
    assert.equal(findPeer(view, '1'), undefined, 'two peers end so');
    assert.equal(findPeer(view, 'nobody'), undefined, 'none');
  });
});
