/** Gets bodies: from the shelf, from the message, or from other peers; and tells whether a contribution is sound. */
import { bodyDigest } from '../crypto/body-digest.ts';
import type { Digest } from '../crypto/hash.ts';
import type { PeerId } from '../crypto/peer-id.ts';
import type { MessageCodec } from '../messages/message-codec.ts';
import type { RoundMemory } from '../protocol/saved-state.ts';
import type { ContributionFault, RoundContext } from './application.ts';
import { BodyShelf } from './body-shelf.ts';
import type { Environment } from './environment.ts';

/** Peers that are asked one after another for a body that no stream had at hand. */
const MAX_ASKED_PEERS = 4;

export interface Wanted {
  readonly digest: Digest;
  readonly byteLength: number;
}

export class Bodies {
  readonly shelf: BodyShelf;
  private readonly environment: Environment;
  private readonly codec: MessageCodec;

  constructor(environment: Environment, codec: MessageCodec, shelfBytes: number) {
    this.environment = environment;
    this.codec = codec;
    this.shelf = new BodyShelf(shelfBytes);
  }

  get(wanted: Wanted, sources: readonly PeerId[], done: (body: Uint8Array | undefined) => void): void {
    const { digest, byteLength } = wanted;
    const known = this.shelf.get(digest);
    if (known !== undefined) return done(known);
    const keep = (body: Uint8Array | undefined): void => {
      if (body !== undefined) this.shelf.put(digest, body);
      done(body);
    };
    const { ledger, network } = this.environment;
    ledger.contribution(digest, (stored) => {
      if (stored !== undefined) return keep(stored);
      network.fetchBody(digest, byteLength, sources, (body) => {
        if (body !== undefined) keep(body);
        else this.ask(wanted, sources.slice(0, MAX_ASKED_PEERS), keep);
      });
    });
  }

  /** After a restart: own contributions are served to others again. */
  putBack(memories: readonly RoundMemory[]): void {
    for (const { contribution } of memories) {
      if (contribution === undefined) continue;
      const { digest } = contribution;
      this.environment.ledger.contribution(digest, (body) => {
        if (body !== undefined) this.shelf.put(digest, body);
      });
    }
  }

  /** From a peer's disk: bodies of older rounds and pieces of checkpoints. */
  ask(
    wanted: Wanted,
    sources: readonly PeerId[],
    done: (body: Uint8Array | undefined, from: PeerId | undefined) => void,
  ): void {
    const [peer, ...others] = sources;
    if (peer === undefined) return done(undefined, undefined);
    const { network } = this.environment;
    const request = this.codec.encodeRequest({ kind: 'body', digest: wanted.digest });
    network.request(peer, request, wanted.byteLength + ANSWER_OVERHEAD_BYTES, (bytes) => {
      const answer = bytes === undefined ? undefined : this.codec.decodeAnswer(bytes);
      if (answer?.kind === 'body') {
        const { body } = answer;
        if (body.length === wanted.byteLength && bodyDigest(body) === wanted.digest) return done(body, peer);
        network.penalize(peer, 'false body');
      }
      this.ask(wanted, others, done);
    });
  }

  /** A body and what is wrong with it as a contribution. */
  checked(
    context: RoundContext,
    wanted: Wanted & { readonly worker: PeerId },
    sources: readonly PeerId[],
    done: (body: Uint8Array | undefined, fault: ContributionFault | 'unavailable' | undefined) => void,
  ): void {
    this.get(wanted, sources, (body) => {
      if (body === undefined) return done(undefined, 'unavailable');
      if (body.length !== wanted.byteLength) return done(undefined, 'wrong-length');
      this.environment.application.check(context, { worker: wanted.worker, body }, (fault) =>
        done(body, fault),
      );
    });
  }
}

const ANSWER_OVERHEAD_BYTES = 64;
