import type { Incoming } from '../../../src/s3/request-head.ts';
import type { Allowed } from '../gateway/perform.ts';
import type { Portable } from './peer.ts';

/** What goes between the thread that speaks HTTP and one that stores. `id` is the request that it is about. */
export type Message = { readonly id: number } & (RequestMessage | ReplyMessage | PieceMessage | Control);

/** A request that may be made. */
export interface RequestMessage
  extends Pick<Allowed, 'requestId' | 'bucket' | 'key' | 'principal' | 'payload' | 'form'> {
  readonly kind: 'request';
  readonly incoming: Incoming;
  /** A small body comes with it; another one comes in pieces when `begin` asks for it. */
  readonly whole: Uint8Array | undefined;
}

/** The answer. With `stream`, its body follows in pieces. */
export interface ReplyMessage {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body: string | Uint8Array | undefined;
  readonly stream: { readonly length: number | undefined } | undefined;
}

/** Of the body of a request or of an answer. */
export type PieceMessage =
  | { readonly kind: 'piece'; readonly ring: SharedArrayBuffer; readonly at: number; readonly length: number }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly error: Portable };

export type Control =
  /** The body is wanted. */
  | { readonly kind: 'begin' }
  /** So many bytes of the pieces that were sent have been used. */
  | { readonly kind: 'taken'; readonly bytes: number }
  /** Nothing more is wanted. */
  | { readonly kind: 'cancel' };

/** One end of the channel between two threads. */
export interface MessageEnd {
  postMessage(message: Message, transfer?: readonly ArrayBuffer[]): void;
  on(event: 'message', listener: (message: Message) => void): unknown;
  on(event: 'close', listener: () => void): unknown;
}
