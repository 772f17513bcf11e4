import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { base58btc } from 'multiformats/bases/base58';
import {
  FORGET_AFTER_FAILURES,
  MAX_ADDRESSES_PER_PEER,
  MAX_KNOWN_PEERS,
  MAX_KNOWN_PEERS_PER_SOURCE,
} from '../../src/network/limits.ts';
import { PeerBook } from '../../src/network/peer-book.ts';
import { decodeQuestion, encodeQuestion, readLines } from '../../src/network/peer-exchange.ts';

/** A well-formed Ed25519 peer id: the identity multihash of a protobuf with 32 key bytes. */
function peerId(label: number): string {
  const key = createHash('sha256').update(`book ${label}`).digest();
  return base58btc.baseEncode(Uint8Array.of(0, 36, 8, 1, 18, 32, ...key));
}

const address = (peer: string, port = 4001): string => `/ip4/1.2.3.4/tcp/${port}/p2p/${peer}`;
const [ME, TELLER, OTHER] = [peerId(-1), peerId(-2), peerId(-3)] as const;

describe('peer book', () => {
  it('is bounded in addresses of a peer, in peers of a teller, and in all', () => {
    const book = new PeerBook(ME, false);
    for (let port = 1; port < 20; port++) book.learn(address(OTHER, port), TELLER);
    assert.equal(book.addresses(OTHER).length, MAX_ADDRESSES_PER_PEER, 'addresses of one peer');
    for (let i = 0; i < 500; i++) book.learn(address(peerId(i)), TELLER);
    assert.equal(book.size, MAX_KNOWN_PEERS_PER_SOURCE, 'peers of one teller');
    for (let i = 500; i < 3_000; i++) book.learn(address(peerId(i)), peerId(100_000 + (i % 50)));
    assert.equal(book.size, MAX_KNOWN_PEERS, 'peers in all');
  });

  it('does not list ourselves, and believes a peer about itself before others', () => {
    const book = new PeerBook(ME, false);
    assert.ok(!book.learn(address(ME), TELLER), 'ourselves');
    for (let port = 1; port <= MAX_ADDRESSES_PER_PEER; port++) book.learn(address(OTHER, port), TELLER);
    assert.ok(book.learn(address(OTHER, 99), OTHER), 'its own word');
    assert.deepEqual(
      book.addresses(OTHER).map(String),
      [address(OTHER, 99)],
      'replaces what the teller said',
    );
  });

  it('waits longer after each failure, forgets at last, and forgives on success', () => {
    const book = new PeerBook(ME, false);
    book.learn(address(OTHER), TELLER);
    assert.deepEqual(book.due(0), [OTHER], 'due at once');
    book.dialled(OTHER, false, 0);
    assert.deepEqual([book.due(999), book.due(1_000)], [[], [OTHER]], 'a second after the first failure');
    book.dialled(OTHER, false, 0);
    assert.deepEqual([book.due(1_999), book.due(2_000)], [[], [OTHER]], 'two after the second');
    book.lost(OTHER, 0);
    assert.deepEqual([book.due(499), book.due(500)], [[], [OTHER]], 'soon after it was a member');
    for (let i = 0; i < FORGET_AFTER_FAILURES; i++) book.dialled(OTHER, false, 0);
    assert.equal(book.size, 0, 'forgotten');
    for (let i = 0; i < MAX_KNOWN_PEERS_PER_SOURCE; i++)
      assert.ok(book.learn(address(peerId(i)), TELLER), 'and the place of its teller is free again');
  });

  it('gives the place of a peer that failed to a newcomer when it is full', () => {
    const book = new PeerBook(ME, false);
    for (let i = 0; i < MAX_KNOWN_PEERS; i++) book.learn(address(peerId(i)), peerId(100_000 + (i >> 5)));
    assert.ok(!book.learn(address(OTHER), OTHER), 'full of peers that may be good');
    book.dialled(peerId(7), false, 0);
    assert.ok(book.learn(address(OTHER), OTHER), 'now there is room');
    assert.deepEqual(book.addresses(peerId(7)), [], 'where the failed one was');
  });
});

describe('peer exchange question', () => {
  it('decodes what it encodes, within its limits', () => {
    const question = { self: [address(ME)], want: [OTHER, TELLER], failed: [address(OTHER)] };
    assert.deepEqual(decodeQuestion(encodeQuestion(question)), question);
    const greedy = {
      self: Array.from({ length: 99 }, (_, i) => address(ME, i)),
      want: Array.from({ length: 99 }, (_, i) => peerId(i)),
      failed: Array.from({ length: 99 }, (_, i) => address(OTHER, i)),
    };
    const cut = decodeQuestion(encodeQuestion(greedy));
    assert.deepEqual([cut.self.length, cut.want.length, cut.failed.length], [4, 16, 4], 'cut');
  });

  it('reads nothing of what is malformed, too long or too much', () => {
    const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);
    assert.deepEqual(decodeQuestion(bytes('want nobody\nself\nwhat else\n\n')), {
      self: [],
      want: [],
      failed: [],
    });
    assert.deepEqual(
      decodeQuestion(Uint8Array.of(255, 254, 10, 0)),
      { self: [], want: [], failed: [] },
      'no text',
    );
    assert.deepEqual(readLines(new Uint8Array(70_000), 10), [], 'too many bytes');
    assert.equal(readLines(bytes('a\n'.repeat(100)), 10).length, 10, 'too many lines');
    assert.deepEqual(readLines(bytes(`a\n${'b'.repeat(400)}\nc`), 10), ['a', 'c'], 'a line too long');
  });
});
