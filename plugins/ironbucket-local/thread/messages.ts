import type { Incoming } from '../../../src/s3/request-head.ts';
import type { Stream } from '../gateway/call.ts';
import type { Allowed } from '../gateway/perform.ts';
import type { Portable } from './peer.ts';

/** What goes between the thread that speaks HTTP and one that stores. `id` is the request that it is about. */
export type Message = { readonly id: number } & (RequestMessage | ReplyMessage | PieceMessage | Control);

/** A request that may be made. */
export interface RequestMessage
  extends Pick<Allowed, 'requestId' | 'bucket' | 'key' | 'principal' | 'payload' | 'form'> {
  readonly kind: 'request';
  readonly incoming: Incoming;
  /** Whether the other thread wants to see the bucket. */
  readonly shares: boolean;
  /** A small body comes with it; another one comes in pieces when `begin` asks for it. */
  readonly whole: Uint8Array | undefined;
}

/** The answer. The body of one with `stream` follows in pieces when `begin` asks for them, or is read from its file. */
export interface ReplyMessage {
  readonly kind: 'reply';
  readonly status: number;
  readonly headers: Readonly<Record<string, string>> | undefined;
  readonly body: string | Uint8Array | undefined;
  readonly stream: Pick<Stream, 'length' | 'file'> | undefined;
  /** Of the `SharedBucket`, for a request that asked for it. */
  readonly shared: SharedArrayBuffer | undefined;
}

/** Of the body of a request or of an answer. */
export type PieceMessage =
  /** Its memory comes with it. */
  | { readonly kind: 'piece'; readonly memory: ArrayBuffer }
  | { readonly kind: 'end' }
  | { readonly kind: 'broken'; readonly error: Portable };

export type Control =
  /** The body is wanted. */
  | { readonly kind: 'begin' }
  /** So many bytes of the pieces that were sent have been used. */
  | { readonly kind: 'taken'; readonly bytes: number }
  /** The last bytes of the file were read. */
  | { readonly kind: 'read' }
  /** Nothing more is wanted. */
  | { readonly kind: 'cancel' };

/** One end of the channel between two threads. */
export interface MessageEnd {
  /** @param memory in the message, that goes to the other thread */
  postMessage(message: Message, memory?: readonly ArrayBuffer[]): void;
  onMessage(listener: (message: Message) => void): void;
  /** The thread at the other end is gone. */
  onClose(listener: () => void): void;
}
