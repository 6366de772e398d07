import { createHash } from 'node:crypto';

/** Keys of documents have at most 512 characters, and names of people any length. */
const LONGEST = 150;

/** A name of any characters as one segment of a document's key. */
export function keyPart(text: string): string {
  const encoded = encodeURIComponent(text);
  return encoded.length <= LONGEST ? encoded : createHash('sha256').update(text).digest('hex');
}
