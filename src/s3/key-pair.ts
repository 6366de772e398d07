import type { KeyPair } from './sigv4.ts';

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789';
const ACCESS_KEY_LENGTH = 20;
/** Bytes above it would make some letters likelier than others. */
const LARGEST_FAIR = 252;

/** 20 letters and digits, and 40 characters of base64url: nothing in either needs an encoding in a URL. */
export function mintKeyPair(random: (bytes: number) => Uint8Array): KeyPair {
  let accessKey = '';
  while (accessKey.length < ACCESS_KEY_LENGTH) {
    const fair = random(32).filter((byte) => byte < LARGEST_FAIR);
    accessKey += Array.from(fair, (byte) => ALPHABET.charAt(byte % ALPHABET.length)).join('');
  }
  return {
    accessKey: accessKey.slice(0, ACCESS_KEY_LENGTH),
    secretKey: Buffer.from(random(30)).toString('base64url'),
  };
}
