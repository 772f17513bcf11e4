import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, readdirSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { cp } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configWithoutModel, openRun } from '../../../src/run/open-run.ts';
import { verifyRun, type VerifyRunReport } from '../../../src/run/verify-run.ts';
import { KEY_FILE_NAME, loadKeyFile } from '../../../src/crypto/key-file.ts';
import { isPeerId } from '../../../src/crypto/peer-id.ts';
import { present } from '../../../src/foundation/assert.ts';
import { RecordCodec } from '../../../src/messages/record-codec.ts';
import { valueDigest, voteBytes } from '../../../src/protocol/verification/statements.ts';
import type { StoredDecision } from '../../../src/driver/ledger-port.ts';
import { openStore } from '../../../src/storage/open-store.ts';
import type { Store } from '../../../src/storage/store.ts';
import { lastLine, runSynod } from '../../support/cli.ts';

const ROUNDS = 5;
const STRANGER = '12D3KooWPv9EMBeAtmdwkB196KScijh3dwgMiyRdWjE4Hbg8EweV';

describe('synod init, why and verify-run', function () {
  this.timeout(180_000);
  let folder: string;
  let dir: string;
  let id: string;
  let store: string;
  let experiment: string;

  /** A sentence on stderr, exit code 2 and no trace of where in the code it was said. */
  const refuses = async (sentence: RegExp, ...args: string[]): Promise<void> => {
    const { code, stderr, stdout } = await runSynod(args);
    assert.equal(code, 2, `exit code of ${args.join(' ')}: ${stderr}`);
    assert.match(stderr, sentence, 'names what is wrong');
    assert.equal(stderr.trimEnd().split('\n').length, 1, `one line: ${stderr}`);
    assert.equal(stdout, '', 'and nothing else');
  };

  before(async () => {
    folder = mkdtempSync(join(tmpdir(), 'synod-history-'));
    dir = join(folder, 'peer');
    const made = await runSynod(['init', '--dir', dir, '--json']);
    assert.equal(made.code, 0, made.stderr);
    id = lastLine<{ peer: string }>(made.stdout).peer;
    experiment = join(folder, 'alone.json');
    const settings = {
      rounds: ROUNDS,
      batchSize: 8,
      model: { kind: 'mlp', hidden: [8] },
      data: { name: 'glyphs', train: 200, test: 100 },
      aggregation: { f: 0, rule: 'mean' },
      checkpointRounds: 2,
      roster: [id],
    };
    writeFileSync(experiment, JSON.stringify(settings));
    writeFileSync(join(folder, 'other.json'), JSON.stringify({ ...settings, seed: 2 }));
    const played = await runSynod([
      ...['peer', '--experiment', experiment, '--dir', dir, '--listen', '/ip4/127.0.0.1/tcp/0'],
      ...['--local-network', '--backend', 'cpu', '--keep-contributions', '--linger', '0'],
    ]);
    assert.equal(played.code, 0, played.stderr);
    const { path, store: opened } = await openRun(dir);
    await opened.close();
    store = path;
  });
  after(() => rmSync(folder, { recursive: true, force: true }));

  /** Changes a copy of the run as its owner could, and checks the copy. */
  const tampered = async (
    round: number,
    change: (found: StoredDecision, store: Store, codec: RecordCodec) => Promise<void>,
  ): Promise<{ readonly copy: string; readonly report: VerifyRunReport; readonly said: string }> => {
    const copy = join(folder, `copy-${readdirSync(folder).length}`);
    await cp(store, copy, { recursive: true });
    const looked = await openRun(copy);
    const codec = new RecordCodec(configWithoutModel(looked.experiment));
    const found = codec.decodeDecision(present(await looked.store.decision(round), 'decision'));
    await looked.store.close();
    const opened = await openStore(copy, { experiment: looked.store.experiment, keepContributions: true });
    await change(present(found, 'decision'), opened, codec);
    await opened.close();
    const report = await verifyRun({ dir: copy, recompute: true, threads: 1 }, () => undefined);
    return { copy, report, said: report.faults.map(({ round: at, what }) => `${at}: ${what}`).join('\n') };
  };
  const resave = (opened: Store, codec: RecordCodec, changed: StoredDecision) =>
    opened.saveDecisions(
      [{ round: changed.decision.value.round, decision: codec.encodeDecision(changed) }],
      false,
    );

  it('init makes a private key once, and prints the id', async () => {
    const key = join(dir, KEY_FILE_NAME);
    assert.ok(isPeerId(id), id);
    assert.equal((await loadKeyFile(key)).id, id, 'the id is that of the key');
    if (process.platform !== 'win32') assert.equal(statSync(key).mode & 0o777, 0o600, 'for its owner only');
    const before = readFileSync(key, 'utf8');
    await refuses(/exists already: a peer keeps its key/, 'init', '--dir', dir);
    assert.equal(readFileSync(key, 'utf8'), before, 'it stays');
    await refuses(/init has no flag --colour/, 'init', '--colour', 'red');
  });

  it('init offers the line by which an editor checks an experiment file, with the schema that is here', async () => {
    const { code, stderr, stdout } = await runSynod(['init', '--dir', join(folder, 'editor'), '--json']);
    assert.equal(code, 0, stderr);
    const named = /# yaml-language-server: \$schema=(.+)$/m.exec(stderr)?.[1];
    assert.equal(lastLine<{ experimentSchema: string }>(stdout).experimentSchema, named);
    const schema = JSON.parse(readFileSync(present(named, stderr), 'utf8')) as {
      readonly properties: object;
    };
    assert.ok('aggregation' in schema.properties, 'the experiment file is described there');
  });

  it("verify-run --recompute asks for the experiment where the rule is the user's own", async () => {
    const own = join(folder, 'own-rule');
    const made = await runSynod(['init', '--dir', own, '--json']);
    const roster = [lastLine<{ peer: string }>(made.stdout).peer];
    writeFileSync(
      join(folder, 'own-rule.ts'),
      `import { defineRule } from 'synod/aggregation';
       export default defineRule('sum over n', {
         source: 'a test', columns: (_settings, { n }) => ({ kind: 'sorted', of: (x) => x.reduce((a, b) => a + b, 0) / n }),
       });`,
    );
    const file = join(folder, 'own-rule.json');
    const stated = JSON.parse(readFileSync(experiment, 'utf8')) as object;
    writeFileSync(
      file,
      JSON.stringify({ ...stated, rounds: 2, roster, aggregation: { f: 0, rule: './own-rule.ts' } }),
    );
    const { code, stderr } = await runSynod([
      ...['peer', '--experiment', file, '--dir', own, '--listen', '/ip4/127.0.0.1/tcp/0'],
      ...['--local-network', '--backend', 'cpu', '--keep-contributions', '--linger', '0'],
    ]);
    assert.equal(code, 0, stderr);
    assert.equal((await runSynod(['verify-run', own])).code, 0, 'certificates need no rule');
    await refuses(
      /rule of its user's own: name its experiment file with --experiment/,
      'verify-run',
      own,
      '--recompute',
    );
    const whole = await runSynod(['verify-run', own, '--recompute', '--experiment', file]);
    assert.equal(whole.code, 0, whole.stdout + whole.stderr);
    assert.match(whole.stdout, /2 of 2 rounds: the contributions lead to the certified update/);
  });

  it('verify-run finds a good run right', async () => {
    const { code, stdout, stderr } = await runSynod([
      ...['verify-run', dir, '--recompute', '--experiment', experiment],
    ]);
    assert.equal(code, 0, stderr);
    assert.match(stdout, /5 of 5 rounds: certificate, committee, cohort, beacon proof/, 'certificates');
    assert.match(stdout, /5 of 5 rounds: the stored update leads to the certified state/, 'states');
    assert.match(stdout, /5 of 5 rounds: the contributions lead to the certified update/, 'aggregates');
    assert.match(stdout, /Everything is right\.\n$/, 'the verdict');
  });

  it('verify-run names the state to trust, takes the history that contains it, and no other', async () => {
    const { stdout } = await runSynod(['verify-run', dir]);
    const named = /--trust (5:[0-9a-f]{64}) /.exec(stdout)?.[1];
    assert.ok(named !== undefined, stdout);
    const same = await runSynod(['verify-run', dir, '--trust', named]);
    assert.equal(same.code, 0, same.stdout + same.stderr);
    const other = await runSynod(['verify-run', dir, '--trust', `5:${'0'.repeat(64)}`]);
    assert.equal(other.code, 1, other.stderr);
    assert.match(
      other.stdout,
      /WRONG in round 4: it leads to another state than the trusted 0000/,
      'says so',
    );
    await refuses(/--trust must be ROUND:DIGEST .*, got "?5"?/, 'verify-run', dir, '--trust', '5');
  });

  it('verify-run catches a contribution that is not the signed one, with exit code 1', async () => {
    const { copy, report, said } = await tampered(2, async ({ decision }, opened) => {
      const [{ digest } = { digest: '' }] = decision.value.contributions;
      const body = present(await opened.contribution(digest), 'body').slice();
      body[7] = (body[7] as number) ^ 1;
      await opened.saveContributions({ round: 2, contributions: [{ digest, body }], forgetBelow: 0 });
    });
    assert.match(said, new RegExp(`^2: the contribution of ${id} is not the signed one$`), 'which one');
    assert.deepEqual(
      [report.ok, report.recomputed, report.certified],
      [false, ROUNDS - 1, ROUNDS],
      'the rest',
    );
    const { code, stdout } = await runSynod(['verify-run', copy, '--recompute', '--json']);
    assert.equal(code, 1, 'exit code');
    assert.equal(lastLine<{ ok: boolean }>(stdout).ok, false, 'as JSON');
  });

  it('verify-run catches a certificate with a changed signature', async () => {
    const { report, said } = await tampered(3, (found, opened, codec) => {
      const { certificate } = found.decision;
      const signatures = certificate.signatures.map((signature) => signature.map((byte) => byte ^ 1));
      const decision = { ...found.decision, certificate: { ...certificate, signatures } };
      return resave(opened, codec, { ...found, decision });
    });
    assert.match(said, /^3: the decision is not certified: bad-certificate/, 'where and what');
    assert.deepEqual([report.ok, report.certified], [false, 3], 'nothing after it is believed');
  });

  it('verify-run catches a state digest that is signed and wrong', async () => {
    const key = await loadKeyFile(join(dir, KEY_FILE_NAME));
    const { report, said } = await tampered(ROUNDS - 2, async (found, opened, codec) => {
      const { value, certificate } = found.decision;
      const following = codec.decodeDecision(present(await opened.decision(ROUNDS - 1), 'decision'));
      const outcome = { ...found.decision.outcome, applicationDigest: '12'.repeat(32) };
      const digest = valueDigest(value, outcome, present(following, 'decision').seed);
      const signatures = [key.sign(voteBytes(opened.experiment, certificate, digest))];
      const decision = {
        ...found.decision,
        outcome,
        certificate: { ...certificate, value: digest, signatures },
      };
      await resave(opened, codec, { ...found, decision });
    });
    assert.equal(report.certified, ROUNDS - 1, 'the quorum did sign it');
    assert.match(said, /^3: the contributions lead to another update than the certified one/, 'recomputed');
    assert.match(said, /^3: the update leads to state [0-9a-f]{64}, certified was 1212/m, 'applied');
  });

  it('verify-run says in one sentence what it cannot open', async () => {
    const other = join(folder, 'other.json');
    await refuses(
      /belongs to experiment [0-9a-f]{64}, not to [0-9a-f]{64}/,
      ...['verify-run', dir, '--experiment', other],
    );
    await refuses(/holds no run of a peer/, 'verify-run', join(folder, 'nothing'));
    await refuses(
      /--threads must be a whole number from 1 to 256, got "0"/,
      'verify-run',
      dir,
      '--threads',
      '0',
    );
    await refuses(/verify-run needs DIR/, 'verify-run');
  });

  it('why tells who is fine and who never was here, and refuses what is no peer', async () => {
    const fine = await runSynod(['why', id, '--run', dir]);
    assert.equal(fine.code, 0, fine.stderr);
    assert.match(
      fine.stdout,
      new RegExp(`^${id} has a seat, after 5 certified rounds\\.\\nNothing is recorded`),
    );
    const stranger = await runSynod(['why', STRANGER, '--run', dir, '--json']);
    assert.equal(stranger.code, 0, stranger.stderr);
    assert.equal(lastLine<{ standing: string }>(stranger.stdout).standing, 'never-seated', 'as JSON');
    await refuses(
      /PEER must be a peer id, 12D3KooW\.\.\., or the end of one that the run knows, got "nobody"/,
      'why',
      'nobody',
      '--run',
      dir,
    );
    await refuses(/holds no run of a peer/, 'why', id, '--run', join(folder, 'nothing'));
  });
});
