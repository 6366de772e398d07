import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { escapeXml } from '../../../src/s3/xml/text.ts';
import { KEPT_BYTES, type MemoryS3 } from './memory-s3.ts';
import type { Caller } from './permissions.ts';

/** One request to the data plane whose signature holds. */
export interface S3Call {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly query: URLSearchParams;
  readonly bucket: string;
  readonly key: string;
  readonly store: MemoryS3;
  readonly now: Date;
  /** Undefined for a request without a signature. */
  readonly caller: Caller | undefined;
  /** @throws Refusal unless a policy of the caller allows it */
  allow(action: string, key?: string): void;
  /** @throws Refusal when the quota of the bucket does not admit so many bytes more */
  admit(bytes: number): void;
}

export const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

export function xml(response: ServerResponse, body: string, status = 200): void {
  response.writeHead(status, { 'content-type': 'application/xml' });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${body}`);
}

export function none(response: ServerResponse, status: number, headers: Readonly<Record<string, string>> = {}): void {
  response.writeHead(status, { ...headers, ...(status === 200 && { 'content-length': '0' }) }).end();
}

/** A text element. */
export function tag(name: string, text: string | number): string {
  return `<${name}>${escapeXml(String(text))}</${name}>`;
}

/** Texts of the elements of this name, for the documents clients send. */
export function texts(body: string, name: string): readonly string[] {
  return [...body.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(([, text = '']) =>
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replace(/&#(\d+);/g, (_, code: string) => String.fromCodePoint(Number(code)))
      .replaceAll('&amp;', '&'),
  );
}

export interface Received {
  readonly size: number;
  readonly etag: string;
  readonly content: Buffer | undefined;
}

/** Counts and hashes a body of any length; keeps it when it is small. */
export async function receive(request: IncomingMessage): Promise<Received> {
  const hash = createHash('md5');
  const kept: Buffer[] = [];
  let size = 0;
  for await (const chunk of request as AsyncIterable<Buffer>) {
    hash.update(chunk);
    size += chunk.length;
    if (size <= KEPT_BYTES) kept.push(chunk);
  }
  return { size, etag: hash.digest('hex'), content: size <= KEPT_BYTES ? Buffer.concat(kept) : undefined };
}

export async function readText(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request as AsyncIterable<Buffer>) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

export function metadataIn({ headers }: IncomingMessage): Readonly<Record<string, string>> {
  const own = Object.entries(headers).filter(([name]) => name.startsWith('x-amz-meta-'));
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}
