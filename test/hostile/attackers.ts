/**
 * What hostile peers do to a run, one entry each. Most hold fresh keys and no seat, and all know everything that is
 * public. They prepare what they send, and wait in between, so that the time they take of a shared machine is small
 * beside what they cost their victims where nothing bounds it.
 */
import { randomBytes } from 'node:crypto';
import { createConnection, type Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { multiaddr } from '@multiformats/multiaddr';
import { present } from '../../src/foundation/assert.ts';
import { MAX_DECISIONS_PER_ANSWER } from '../../src/messages/request.ts';
import { MAX_JOINS_PER_VALUE } from '../../src/messages/limits.ts';
import { encodeBodyRequest } from '../../src/network/body-wire.ts';
import { MAX_PIECES_PER_RUN } from '../../src/network/limits.ts';
import { forgedDecision, forgedOfEachKind, forgedVote } from './forged-messages.ts';
import type { Libp2pTransportOptions } from '../../src/network/transport-options.ts';
import { regularly, TICK_MS, type AttackParts } from './attack-parts.ts';
import { pushBodies, pushBroken } from './push-attacks.ts';
import { askWithHugeWindows, pingDeaf } from './socket-attacks.ts';
import { StrangerHost, type Target } from './stranger-host.ts';

export interface Attacker {
  readonly what: string;
  /** It holds a seat in the roster; the others are strangers. */
  readonly hasSeat?: boolean;
  /** Goes on until the signal comes. */
  run(parts: AttackParts): Promise<void>;
}

const FAR = 900_000;
/** About what a connection takes until its peer is known. */
const HANDSHAKE_BYTES = 1_000;

/** One host, connected to somebody as far as it is let. */
async function stranger(
  { target, expenses }: AttackParts,
  options: Partial<Libp2pTransportOptions> = {},
): Promise<StrangerHost> {
  const host = await StrangerHost.start(target, expenses, options);
  for (let tries = 0; tries < 100 && host.transport.connected().length === 0; tries++) await sleep(50);
  return host;
}

/** The one host of this process with the seat that the target names: two with one key would stand in each other's way. */
let seated: Promise<StrangerHost> | undefined;

const withSeat =
  (act: (host: StrangerHost, parts: AttackParts) => Promise<void>): Attacker['run'] =>
  async (parts) => {
    const seed = present(parts.target.seatSeed, 'a seat for this attacker');
    seated ??= stranger(parts, { privateKeySeed: new Uint8Array(Buffer.from(seed, 'hex')) });
    const host = await seated;
    await act(host, parts).finally(() => host.transport.stop());
  };

const withStranger =
  (act: (host: StrangerHost, parts: AttackParts) => Promise<void>): Attacker['run'] =>
  async (parts) => {
    const host = await stranger(parts);
    await act(host, parts).finally(() => host.transport.stop());
  };

/** Keeps so many questions of a kind open at every victim. */
const questions = (
  atOnce: number,
  question: (host: StrangerHost) => Uint8Array,
  protocol = 'request/1',
): Attacker['run'] =>
  withStranger(async (host, { target, signal }) => {
    await Promise.all(
      target.ids.flatMap((id) =>
        Array.from({ length: atOnce }, async () => {
          while (!signal.aborted) {
            const answer = await host.ask(id, protocol, question(host));
            if (answer === undefined) await sleep(TICK_MS);
          }
        }),
      ),
    );
  });

/** More than any answer can be; made once, so that it costs its victims and not its sender. */
const ENDLESS = new Uint8Array(32 << 20);

/** As many decisions as an answer can hold, with all the joins that a value can have. */
function hugeAnswer({ codec }: StrangerHost, { ids }: Target, round: number): Uint8Array {
  const author = present(ids[0], 'a victim');
  const joins = forgedOfEachKind(round, author).flatMap((message) =>
    message.kind === 'join' ? new Array<typeof message>(MAX_JOINS_PER_VALUE).fill(message) : [],
  );
  const forged = forgedDecision(round, author);
  const record = codec.encodeDecision({ ...forged, value: { ...forged.value, changes: joins } });
  const decisions = new Array<Uint8Array>(MAX_DECISIONS_PER_ANSWER).fill(record);
  return codec.encodeAnswer({ kind: 'decisions', decisions, head: FAR });
}

export const ATTACKERS: Readonly<Record<string, Attacker>> = {
  'future-decisions': {
    what: 'an unsigned decision of a future round twice a second, and a false head in each answer',
    run: withStranger(async (host, { target, signal }) => {
      const author = present(target.ids[0], 'a victim');
      await host.transport.handle(
        'request/1',
        (bytes) => {
          const asked = host.codec.decodeRequest(bytes);
          const round = asked?.kind === 'decisions' ? asked.fromRound : 0;
          const decisions = [host.codec.encodeDecision(forgedDecision(round, author))];
          return Promise.resolve(host.codec.encodeAnswer({ kind: 'decisions', decisions, head: FAR }));
        },
        { maxRequestBytes: 1_024 },
      );
      const message = host.codec.encode(forgedDecision(FAR, author));
      await regularly(2, signal, () => {
        for (const id of target.ids) void host.ask(id, 'message/1', message);
      });
    }),
  },
  'huge-answers': {
    what: 'a peer with a seat signs votes of far rounds, and answers the questions that they lead to with as many decisions as an answer can hold, and with 32 MiB',
    hasSeat: true,
    run: withSeat(async (host, { target, expenses, signal }) => {
      const answer = (question: Uint8Array): Uint8Array => {
        const asked = host.codec.decodeRequest(question);
        const round = asked?.kind === 'decisions' ? asked.fromRound : 0;
        expenses.asked += 1;
        return expenses.asked % 2 === 0 ? ENDLESS : hugeAnswer(host, target, round);
      };
      await host.transport.handle('request/1', (question) => Promise.resolve(answer(question)), {
        maxRequestBytes: 1_024,
      });
      await regularly(2, signal, (i) => {
        const message = host.codec.encode(host.signedVote(host.round + 2 + i));
        for (const id of target.ids) void host.ask(id, 'message/1', message);
      });
    }),
  },
  'invented-voters': {
    what: '400 stale votes a second of voters that do not exist',
    run: withStranger(async (host, { signal }) => {
      const voters = Array.from({ length: 500 }, () => `12D3KooW${randomBytes(22).toString('hex')}`);
      await regularly(400, signal, (i) =>
        host.say(forgedVote(Math.max(0, host.round - 3), voters[i % voters.length] ?? '')),
      );
    }),
  },
  'forged-votes': {
    what: '400 unsigned votes a second in the name of peers with seats, about rounds before, now and next',
    run: withStranger(async (host, { target, signal }) => {
      await regularly(400, signal, (i) => {
        const voter = target.ids[i % target.ids.length] ?? '';
        host.say(forgedVote(Math.max(0, host.round - 1 + (i % 3)), voter, i % 50));
      });
    }),
  },
  'each-kind': {
    what: '200 messages a second of every kind, by nobody and in the name of peers with seats',
    run: withStranger(async (host, { target, signal }) => {
      await regularly(200, signal, (i) => {
        const author = i % 2 === 0 ? 'nobody' : (target.ids[i % target.ids.length] ?? '');
        const round = Math.max(0, host.round - 1 + (i % 4));
        const messages = forgedOfEachKind(round, author);
        host.say(present(messages[i % messages.length], 'a message'));
      });
    }),
  },
  garbage: {
    what: '400 messages a second that are no messages: noise, deep nesting, claims of gigabytes',
    run: withStranger(async (host, { signal }) => {
      const nested = new Uint8Array(4_000).fill(0x81);
      const claims = Uint8Array.of(0x82, 2, 0x9b, 0, 0, 0, 1, 0, 0, 0, 0);
      await regularly(400, signal, (i) => {
        const noise = new Uint8Array(randomBytes(200));
        host.gossip(host.anyTopic, i % 3 === 0 ? noise : i % 3 === 1 ? nested : claims);
      });
    }),
  },
  replay: {
    what: 'two strangers send 900 old payloads a second each, with new nonces',
    run: async (parts) => {
      const hosts = [await stranger(parts), await stranger(parts)];
      await regularly(1_800, parts.signal, (i) => {
        const host = present(hosts[i % hosts.length], 'a host');
        const old = host.heard[i % Math.max(1, host.heard.length)];
        if (old !== undefined) host.gossip(old.topic, old.data);
      });
      await Promise.all(hosts.map(({ transport }) => transport.stop()));
    },
  },
  bulk: {
    what: '100 messages of 100 KiB a second',
    run: withStranger(async (host, { signal }) => {
      const block = new Uint8Array(randomBytes(100 << 10));
      await regularly(100, signal, () => host.gossip(host.anyTopic, block));
    }),
  },
  pushes: {
    what: 'a peer with a seat pushes 40 bodies of 256 KiB a second that nobody needs, and 8 streams a second that are too long or never end',
    hasSeat: true,
    run: withSeat(async (host, parts) => {
      await Promise.all([pushBodies(host, parts), pushBroken(host, parts)]);
    }),
  },
  'pushes-of-strangers': {
    what: 'the same without a seat',
    run: withStranger(async (host, parts) => {
      await Promise.all([pushBodies(host, parts), pushBroken(host, parts)]);
    }),
  },
  slots: {
    what: 'one key opens connections until none is left',
    run: withStranger(async (host, { target, expenses, signal }) => {
      await regularly(40, signal, (i) => {
        const address = multiaddr(target.addresses[i % target.addresses.length] ?? '');
        expenses.spend(HANDSHAKE_BYTES);
        host.libp2p.dial(address, { force: true, signal: AbortSignal.timeout(5_000) }).catch(() => {
          expenses.turnedAway += 1;
        });
      });
    }),
  },
  keys: {
    what: 'a new key connects every half second and stays',
    run: async (parts) => {
      const hosts: StrangerHost[] = [];
      await regularly(2, parts.signal, () => {
        parts.expenses.spend(HANDSHAKE_BYTES);
        void StrangerHost.start(parts.target, parts.expenses).then((host) => hosts.push(host));
      });
      await Promise.all(hosts.map(({ transport }) => transport.stop()));
    },
  },
  'half-open': {
    what: '40 connections a second that never begin to encrypt, and streams that never ask',
    run: withStranger(async (host, { target, expenses, signal }) => {
      const sockets: Socket[] = [];
      await regularly(40, signal, (i) => {
        const [, , , , port] = (target.addresses[i % target.addresses.length] ?? '').split('/');
        const socket = createConnection(Number(port), '127.0.0.1');
        expenses.spend(100);
        socket.on('error', () => undefined).on('close', () => (expenses.turnedAway += 1));
        sockets.push(socket);
        const id = target.ids[i % target.ids.length] ?? '';
        const [connection] = host.libp2p
          .getConnections()
          .filter(({ remotePeer }) => remotePeer.toString() === id);
        const protocol = `/synod/${host.anyTopic.split('/')[1] ?? ''}/${i % 2 === 0 ? 'bodies/1' : 'request/1'}`;
        connection?.newStream(protocol).catch(() => (expenses.turnedAway += 1));
      });
      for (const socket of sockets) socket.destroy();
    }),
  },
  'slow-reading': {
    what: 'questions whose answers are not read',
    run: withStranger(async (host, { target, expenses, signal }) => {
      const request = host.codec.encodeRequest({ kind: 'decisions', fromRound: 0 });
      await regularly(40, signal, (i) => {
        const id = target.ids[i % target.ids.length] ?? '';
        const [connection] = host.libp2p
          .getConnections()
          .filter(({ remotePeer }) => remotePeer.toString() === id);
        if (connection === undefined) expenses.turnedAway += 1;
        const protocol = `/synod/${host.anyTopic.split('/')[1] ?? ''}/request/1`;
        const frame = Uint8Array.of(request.length, ...request);
        expenses.spend(frame.length);
        connection
          ?.newStream(protocol)
          .then((stream) => stream.sink([frame]))
          .catch(() => (expenses.turnedAway += 1));
      });
    }),
  },
  'huge-windows': {
    what: '40 questions a second whose answers may all be sent at once, from a socket that is not read',
    run: withStranger(askWithHugeWindows),
  },
  'unread-pings': {
    what: '20,000 pings a second of the muxer, whose answers are not read',
    run: withStranger(pingDeaf),
  },
  'ask-decisions': {
    what: '14 questions at once for 32 decisions',
    run: questions(14, (host) => host.codec.encodeRequest({ kind: 'decisions', fromRound: 10 })),
  },
  'pull-states': {
    what: '14 streams at once for the newest state on the disk, each ended when it begins to come',
    run: questions(
      14,
      ({ newestState: digest }) => encodeBodyRequest({ kind: 'list', digest, count: MAX_PIECES_PER_RUN }),
      'bodies/1',
    ),
  },
  'ask-bodies': {
    what: '14 questions at once for bodies that do not exist',
    run: questions(14, (host) =>
      host.codec.encodeRequest({ kind: 'body', digest: randomBytes(32).toString('hex') }),
    ),
  },
};
