import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { systemClock } from '../../../src/lib/clock.ts';
import { type AlgorithmId, decrypt, encrypt } from '../madmin/codec.ts';
import { createDeriver } from '../madmin/deriver.ts';
import { instantDeriver } from './instant-deriver.ts';

interface Vector {
  readonly origin: string;
  readonly id: AlgorithmId;
  readonly password: string;
  readonly plaintext: string;
  readonly message: string;
}

const vectors = JSON.parse(
  readFileSync(new URL('fixtures/encryption-vectors.json', import.meta.url), 'utf8'),
) as readonly Vector[];
const { signal } = new AbortController();
const ids = [0, 1, 2] as const;
const deriver = createDeriver(systemClock);
afterAll(() => deriver.close());

/** Salt and nonce prefix of the vectors: 00 01 … 1f and a0 a1 … a7. */
const fixed = (bytes: number): Uint8Array => Uint8Array.from({ length: bytes }, (_, i) => (bytes === 8 ? 0xa0 : 0) + i);

const instant = instantDeriver();

describe('payload encryption', () => {
  it.each(vectors)('decrypts $origin, algorithm $id', async ({ message, password, plaintext }) => {
    const plain = await decrypt(Buffer.from(message, 'hex'), { deriver, password }, signal);
    expect(plain.toString()).toBe(plaintext);
  });

  it.each(vectors.filter(({ origin }) => origin.startsWith('own')))(
    'encrypts to the very bytes, algorithm $id, "$plaintext"',
    async ({ id, message, password, plaintext }) => {
      const sealing = { deriver, password, random: fixed, algorithm: id };
      const sealed = await encrypt(Buffer.from(plaintext), sealing, signal);
      expect(sealed.toString('hex')).toBe(message);
    },
  );

  it.each([
    [0, 16_384, '7da24b700b7b5694ec412682fde84180ba4f33f45cf3f3c2e04a002425613018'],
    [0, 16_385, 'bec5b94f3d2d30dc3f38d1c1731815a2ca9e36487cfcfe5c2679bbdb3679b97a'],
    [1, 16_385, '5d0530fbc04a44e4270c32dcb95ae73f227e32c968435bc9c7df675fd48425ae'],
    [2, 16_385, 'f8225363f63331650ef38b4efc260a722fd23503410098cb8704952569c565ff'],
  ] as const)('encrypts several fragments, algorithm %i, %i bytes', async (algorithm, length, digest) => {
    const sealing = { deriver, password: 'minioadmin', random: fixed, algorithm };
    const sealed = await encrypt(Buffer.alloc(length, 'a'), sealing, signal);
    expect(createHash('sha256').update(sealed).digest('hex')).toBe(digest);
  });

  it.each(ids.flatMap((id) => [0, 1, 16_383, 16_384, 16_385, 32_768, 100_000].map((length) => [id, length] as const)))(
    'returns what was encrypted, algorithm %i, %i bytes',
    async (algorithm, length) => {
      const plain = Buffer.alloc(length, 'xyz');
      const sealing = { deriver: instant, password: 'password', random: fixed, algorithm };
      expect(await decrypt(await encrypt(plain, sealing, signal), sealing, signal)).toEqual(plain);
    },
  );

  it('accepts an empty text without a fragment, as RustFS sends it', async () => {
    const header = Buffer.concat([fixed(32), Uint8Array.of(0), fixed(8)]);
    expect(await decrypt(header, { deriver: instant, password: 'password' }, signal)).toHaveLength(0);
  });

  describe('refuses', () => {
    const sealing = { deriver: instant, password: 'password', random: fixed };
    const refused = { code: 'MINIO_NOT_AUTHENTIC', disposition: 'operator' };
    const broken = async (change: (message: Buffer) => Uint8Array): Promise<void> => {
      const message = await encrypt(Buffer.alloc(40_000, 'x'), sealing, signal);
      await expect(decrypt(change(message), sealing, signal)).rejects.toMatchObject(refused);
    };
    const fragment = (message: Buffer, index: number): Buffer =>
      message.subarray(41 + index * 16_400, 41 + (index + 1) * 16_400);

    it('another password', async () => {
      const message = await encrypt(Buffer.from('{}'), sealing, signal);
      await expect(decrypt(message, { deriver: instant, password: 'other' }, signal)).rejects.toMatchObject(refused);
    });

    it('any bit that was changed', async () => {
      const message = await encrypt(Buffer.from('{"status":"enabled"}'), sealing, signal);
      await fc.assert(
        fc.asyncProperty(
          fc.integer({ min: 33, max: message.length - 1 }),
          fc.integer({ min: 0, max: 7 }),
          async (at, bit) => {
            const changed = Buffer.from(message);
            changed[at] = (changed[at] ?? 0) ^ (1 << bit);
            await expect(decrypt(changed, sealing, signal)).rejects.toMatchObject(refused);
          },
        ),
      );
    });

    it('two fragments that changed places', () =>
      broken((message) =>
        Buffer.concat([message.subarray(0, 41), fragment(message, 1), fragment(message, 0), fragment(message, 2)]),
      ));

    it('a tail that was cut off', () => broken((message) => message.subarray(0, -1)));

    it('a last fragment that is missing', () => broken((message) => message.subarray(0, 41 + 2 * 16_400)));

    it('an algorithm that does not exist', () =>
      broken((message) => Buffer.concat([message.subarray(0, 32), Uint8Array.of(3), message.subarray(33)])));

    it('less than a header', () => broken((message) => message.subarray(0, 20)));
  });
});

describe('the deriver', () => {
  it('derives one key at a time and leaves out what nothing waits for any more', async () => {
    const before = deriver.load().derivations;
    const given = new AbortController();
    const first = deriver.derive('argon2id', 'one', fixed(32), signal);
    const dropped = deriver.derive('argon2id', 'two', fixed(32), given.signal);
    given.abort(new Error('stopped by the test'));
    await expect(dropped).rejects.toThrow('stopped by the test');
    await first;
    expect(deriver.load().derivations - before).toBe(1);
  });

  it('lets go of whoever gives up, without waiting for the turn', async () => {
    const given = new AbortController();
    const turns = [1, 2, 3].map(() => deriver.derive('argon2id', 'one', fixed(32), signal));
    const order: string[] = [];
    const dropped = deriver.derive('argon2id', 'two', fixed(32), given.signal).catch(() => order.push('dropped'));
    const last = turns[2]?.then(() => order.push('last'));
    given.abort(new Error('stopped by the test'));
    await Promise.all([dropped, last]);
    expect(order).toEqual(['dropped', 'last']);
  });

  it('goes on after a failure', async () => {
    await expect(deriver.derive('argon2id', '', fixed(32), signal)).rejects.toThrow('Argon2id failed');
    expect(await deriver.derive('argon2id', 'one', fixed(32), signal)).toHaveLength(32);
  });
});
