import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
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
  it('says how often and how far it was cut', async () => {
    const view = await viewOf({ peers: 8, rounds: 30, adversaries: 2 });
    const text = explainPeer(view, 0);
    assert.match(text, /trimmed in 30/, 'standing');
    assert.match(
      text,
      /left out in 30 rounds, the last one 29: .* times as far .* pointed against it/,
      'how',
    );
  });

  it('says how often it was missing, and how', async () => {
    const view = await viewOf({ peers: 8, rounds: 60, adversaries: 0 });
    const late = view.rounds.filter((seen) => seen?.contributions?.late.includes(7)).length;
    assert.ok(late > 0, 'the last peer is late at times');
    assert.match(
      explainPeer(view, 7),
      new RegExp(`missing in ${late} lists .*: ${late} came too late`),
      'late',
    );
    assert.match(explainPeer(view, 6), /missing in \d+ lists .* nothing was seen/, 'silent');
  });

  it('says whether it is slow beside the others', async () => {
    const view = await viewOf({ peers: 4, rounds: 5, adversaries: 0 });
    for (const seen of view.rounds) {
      for (const mark of seen?.phases ?? []) if (mark.peer === 1) Object.assign(mark, { ms: 900 });
    }
    assert.match(
      explainPeer(view, 1),
      /takes it 900 ms, the middle of all peers 1\d\d ms: it is slow/,
      'slow',
    );
    assert.match(explainPeer(view, 2), /it is not slow/, 'another one');
  });

  it('is found by its id or the end of it, where that is one peer’s', async () => {
    const view = await viewOf({ peers: 12, rounds: 1, adversaries: 0 });
    assert.equal(findPeer(view, '0011'), 11, 'the end');
    assert.equal(findPeer(view, view.peers[3] ?? ''), 3, 'whole');
    assert.equal(findPeer(view, '1'), undefined, 'two peers end so');
    assert.equal(findPeer(view, 'nobody'), undefined, 'none');
  });
});
