import assert from 'node:assert/strict';
import { bodyDigest, PIECE_BYTES, pieceCount } from '../../src/crypto/body-digest.ts';
import type { Digest } from '../../src/crypto/hash.ts';
import { utf8 } from '../../src/foundation/bytes.ts';
import type { Transport } from '../../src/network/transport.ts';
import { genesisChain, type Chain } from '../../src/protocol/chain/chain.ts';
import type { Environment, NetworkHandlers, RecoveryReport } from '../../src/driver/environment.ts';
import type { BodyOnDisk } from '../../src/driver/ledger-port.ts';
import { Recovery } from '../../src/driver/recovery.ts';
import { StoreLedger } from '../../src/driver/store-ledger.ts';
import { topicsOf, TransportNetwork } from '../../src/driver/transport-network.ts';
import { openMemoryStore } from '../../src/storage/open-store.ts';
import { CONFIG } from '../support/certified-history.ts';
import { eventually } from '../support/eventually.ts';
import { firstAddress, swarm } from '../support/network.ts';

const STATE_BYTES = 40 * PIECE_BYTES + 123;
const stateOf = (salt: number): Uint8Array =>
  Uint8Array.from({ length: STATE_BYTES }, (_, i) => (i * salt + (i >> 9) + (i >> 17)) & 255);
const [NEWEST, OLDER] = [stateOf(31), stateOf(37)];
const chainAt = (round: number, state: Uint8Array): Chain => ({
  ...genesisChain(CONFIG),
  round,
  applicationDigest: bodyDigest(state),
});
const CANDIDATES = [chainAt(8, NEWEST), chainAt(4, OLDER)];

const fail = (error: unknown): void => {
  throw error as Error;
};

async function ledgerWith(states: ReadonlyMap<number, Uint8Array>): Promise<StoreLedger> {
  const store = await openMemoryStore({ experiment: CONFIG.experiment });
  const ledger = new StoreLedger(store, CONFIG, { fresh: true }, fail);
  for (const [round, state] of states)
    await new Promise<void>((done) => ledger.saveCheckpoint(chainAt(round, state), state, done));
  return ledger;
}

/** What a peer that serves does to the bodies on its disk. */
type Spoil = (body: BodyOnDisk) => BodyOnDisk;

const falsePieces: Spoil = (body) => ({
  ...body,
  piece: (index, done) => body.piece(index, (found) => done(found?.map((byte) => byte ^ 1))),
});
const falseList: Spoil = (body) => ({ ...body, list: body.list.map((byte) => byte ^ 1) });

describe('a state from the disks of others', () => {
  const peers = swarm({ transport: 'memory', topics: topicsOf('test') });
  const networks: TransportNetwork[] = [];
  let newcomer: Transport;
  let recovered: RecoveryReport[];

  beforeEach(async () => {
    peers.logs.length = 0;
    newcomer = await peers.start('newcomer');
    recovered = [];
  });

  afterEach(async () => {
    for (const network of networks.splice(0)) network.stop();
    await peers.stop();
  });

  async function holder(
    label: string,
    states: readonly (readonly [number, Uint8Array])[],
    spoil: Spoil = (body) => body,
  ): Promise<Transport> {
    const transport = await peers.start(label, { bootstrap: [firstAddress(newcomer)] });
    const ledger = await ledgerWith(new Map(states));
    const network = new TransportNetwork(transport, 'test');
    const handlers: Partial<NetworkHandlers> = {
      body: () => undefined,
      storedBody: (digest, done) => ledger.storedBody(digest, (body) => done(body && spoil(body))),
    };
    network.open({ met: () => undefined, ...handlers } as NetworkHandlers);
    await network.start();
    networks.push(network);
    await eventually(`${label} is connected`, () => newcomer.connected().includes(transport.self));
    return transport;
  }

  /** What the newcomer comes to, and the checkpoint that it has then. */
  async function restore(sources: readonly Transport[], candidates: readonly Chain[] = CANDIDATES) {
    const ledger = await ledgerWith(new Map());
    const network = new TransportNetwork(newcomer, 'test');
    networks.push(network);
    let state: Uint8Array = utf8('its own');
    const application: Partial<Environment['application']> = {
      get stateDigest() {
        return bodyDigest(state);
      },
      stateByteLength: STATE_BYTES,
      restore: (bytes, done) => {
        state = bytes;
        done(bodyDigest(bytes));
      },
    };
    const observer = { recovered: (report: RecoveryReport) => void recovered.push(report) };
    const recovery = new Recovery({ application, ledger, network, observer } as unknown as Environment);
    const ids = sources.map(({ self }) => self);
    const [round, digest] = await new Promise<[number | undefined, Digest]>((done) =>
      recovery.restore(candidates, ids, (to, reached) => done([to, reached])),
    );
    const saved = await new Promise<Uint8Array | undefined>((done) =>
      ledger.checkpoint(Infinity, (found) => done(found?.state)),
    );
    return { round, digest, saved, position: recovery.position };
  }

  const blamed = (): string[] =>
    peers.logs.flatMap(({ message }) => (message.includes(' is penalised: ') ? [message] : []));

  it('comes from several at once, past one that gives false pieces, and is stored', async () => {
    const liar = await holder('liar', [[8, NEWEST]], falsePieces);
    const honest = [await holder('one', [[8, NEWEST]]), await holder('two', [[8, NEWEST]])];
    const { round, digest, saved, position } = await restore([liar, ...honest]);
    assert.deepEqual([round, digest, position], [8, bodyDigest(NEWEST), 8]);
    assert.ok(
      saved !== undefined && Buffer.compare(saved, NEWEST) === 0,
      'the newcomer can serve it in turn',
    );
    const [report] = recovered;
    const { servedBy = {} } = report ?? {};
    assert.equal(report?.byteLength, STATE_BYTES);
    assert.deepEqual(
      Object.keys(servedBy).sort(),
      honest.map(({ self }) => self).sort(),
      'both, and no other',
    );
    assert.equal(
      Object.values(servedBy).reduce((sum, pieces) => sum + pieces, 0),
      pieceCount(STATE_BYTES),
      'each piece once',
    );
    assert.deepEqual(blamed(), [`${liar.self} is penalised: sent a false piece of a body`]);
  });

  it('goes on where a holder leaves while it serves', async () => {
    let pieces = 0;
    let stopped: Promise<void> | undefined;
    const leaving: Spoil = (body) => ({
      ...body,
      piece: (index, done) => {
        pieces += 1;
        if (pieces === 3) stopped = leaver.stop();
        body.piece(index, done);
      },
    });
    const leaver = await holder('leaver', [[8, NEWEST]], leaving);
    const other = await holder('other', [[8, NEWEST]]);
    const { round } = await restore([leaver, other]);
    await stopped;
    assert.equal(round, 8);
    assert.ok(pieces >= 3, 'it had begun to serve');
    assert.ok((recovered[0]?.servedBy[other.self] ?? 0) > 0, 'and the other ended it');
    assert.deepEqual(blamed(), [], 'who leaves has not lied');
  });

  it('goes on where a holder drops the checkpoint while it serves', async () => {
    const dropping: Spoil = (body) => ({
      ...body,
      piece: (index, done) => (index < 3 ? body.piece(index, done) : done(undefined)),
    });
    const dropper = await holder('dropper', [[8, NEWEST]], dropping);
    const other = await holder('other', [[8, NEWEST]]);
    assert.equal((await restore([dropper, other])).round, 8);
    assert.deepEqual(blamed(), []);
  });

  it('is the older one where nobody has the newest, or only a liar', async () => {
    const liar = await holder('liar', [[8, NEWEST]], falseList);
    const other = await holder('other', [[4, OLDER]]);
    const { round, digest } = await restore([liar, other]);
    assert.deepEqual([round, digest], [4, bodyDigest(OLDER)]);
    assert.deepEqual(blamed(), [`${liar.self} is penalised: sent a false piece list`]);
  });

  it('is none where nobody has any, and the own one stays', async () => {
    const empty = await holder('empty', []);
    const found = await restore([empty]);
    assert.deepEqual(found, {
      round: undefined,
      digest: bodyDigest(utf8('its own')),
      saved: undefined,
      position: 0,
    });
    assert.deepEqual(await restore([]), found, 'nor where there is nobody to ask');
  });
}).timeout(60_000);
