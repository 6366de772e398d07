import { createCipheriv, createDecipheriv } from 'node:crypto';
import type { Json } from '../../lib/json.ts';

/** Values that travel through a browser, which can neither read nor change them. */
export interface Seal {
  seal(value: Json): string;
  /** Undefined for what this seal did not make. */
  open(text: string): Json | undefined;
}

const ALGORITHM = 'aes-256-gcm';
const IV_BYTES = 12;
const TAG_BYTES = 16;
/** Of a cookie, at most. */
const LONGEST = 4096;

/**
 * @param key 32 bytes
 * @param purpose what is sealed for one purpose is nothing for another
 * @param random so many fresh random bytes
 */
export function createSeal(key: Uint8Array, purpose: string, random: (bytes: number) => Uint8Array): Seal {
  const aad = Buffer.from(purpose);
  return {
    seal: (value) => {
      const iv = random(IV_BYTES);
      const cipher = createCipheriv(ALGORITHM, key, iv).setAAD(aad);
      const sealed = Buffer.concat([iv, cipher.update(JSON.stringify(value), 'utf8'), cipher.final()]);
      return Buffer.concat([sealed, cipher.getAuthTag()]).toString('base64url');
    },
    open: (text) => {
      if (text.length > LONGEST || !/^[\w-]+$/.test(text)) return undefined;
      const bytes = Buffer.from(text, 'base64url');
      if (bytes.length <= IV_BYTES + TAG_BYTES) return undefined;
      try {
        const decipher = createDecipheriv(ALGORITHM, key, bytes.subarray(0, IV_BYTES), { authTagLength: TAG_BYTES });
        decipher.setAAD(aad).setAuthTag(bytes.subarray(-TAG_BYTES));
        const plain = Buffer.concat([decipher.update(bytes.subarray(IV_BYTES, -TAG_BYTES)), decipher.final()]);
        return JSON.parse(plain.toString('utf8')) as Json;
      } catch {
        return undefined;
      }
    },
  };
}
