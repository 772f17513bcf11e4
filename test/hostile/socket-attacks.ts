/** What can be done by reading nothing from a socket: answers that wait at the victim, and windows that let it send them. */
import type { Connection } from '@libp2p/interface';
import { askWithHugeWindow, deafen, pingUnread } from '../support/deaf-peer.ts';
import { regularly, type AttackParts } from './attack-parts.ts';
import type { StrangerHost } from './stranger-host.ts';

const QUESTIONS_A_SECOND = 40;
const PINGS_A_SECOND = 40;
/** At once; they are answered without being asked for anything else. */
const PINGS = 500;
const PING_BYTES = 12;

/** A connection to the next victim, from which nothing is read. */
function deafConnection(host: StrangerHost, i: number, deaf: WeakSet<Connection>): Connection | undefined {
  const connections = host.libp2p.getConnections().filter(({ status }) => status === 'open');
  const connection = connections[i % Math.max(1, connections.length)];
  if (connection !== undefined && !deaf.has(connection)) {
    deafen(connection);
    deaf.add(connection);
  }
  return connection;
}

/** Asks for as many decisions as an answer holds, again and again; each answer may be sent at once, and none is read. */
export async function askWithHugeWindows(
  host: StrangerHost,
  { expenses, signal }: AttackParts,
): Promise<void> {
  const deaf = new WeakSet<Connection>();
  const request = host.codec.encodeRequest({ kind: 'decisions', fromRound: 0 });
  const protocol = `/synod/${host.anyTopic.split('/')[1] ?? ''}/request/1`;
  await regularly(QUESTIONS_A_SECOND, signal, (i) => {
    const connection = deafConnection(host, i, deaf);
    expenses.spend(request.length);
    if (connection === undefined) return void (expenses.turnedAway += 1);
    askWithHugeWindow(connection, protocol, request).catch(() => (expenses.turnedAway += 1));
  });
}

/** Has pings of the muxer answered, and reads no answer. */
export async function pingDeaf(host: StrangerHost, { expenses, signal }: AttackParts): Promise<void> {
  const deaf = new WeakSet<Connection>();
  await regularly(PINGS_A_SECOND, signal, (i) => {
    const connection = deafConnection(host, i, deaf);
    if (connection === undefined) return void (expenses.turnedAway += 1);
    expenses.spend(PINGS * PING_BYTES);
    pingUnread(connection, PINGS);
  });
}
