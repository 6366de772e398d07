import fc from 'fast-check';
import { expect, test } from 'vitest';
import { partsOf } from '../../src/object-storage/parts.ts';

test('a stream is cut into parts of one size, whatever its chunks are, though several ask at once', async () => {
  const chunks = fc.array(fc.uint8Array({ maxLength: 20 }), { maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(
      chunks,
      fc.integer({ min: 1, max: 30 }),
      fc.integer({ min: 1, max: 3 }),
      async (all, size, lanes) => {
        const source = partsOf(streamOf(all));
        const parts: { number: number; bytes: Buffer }[] = [];
        const lane = async (): Promise<void> => {
          const memory = Buffer.alloc(size);
          for (let part = await source.fill(memory); part !== undefined; part = await source.fill(memory)) {
            parts.push({ number: part.number, bytes: Buffer.from(part.bytes) });
          }
        };
        await Promise.all(Array.from({ length: lanes }, lane));
        parts.sort((a, b) => a.number - b.number);
        expect(Buffer.concat(parts.map(({ bytes }) => bytes))).toEqual(Buffer.concat(all));
        expect(parts.map(({ number }) => number)).toEqual(parts.map((_, index) => index + 1));
        expect(parts.slice(0, -1).every(({ bytes }) => bytes.length === size)).toBe(true);
        expect(parts.every(({ bytes }) => bytes.length > 0)).toBe(true);
      },
    ),
  );
});

test('what breaks off breaks off for everyone who asks', async () => {
  const source = partsOf(
    (async function* () {
      yield Buffer.from('ab');
      throw new Error('broken off');
    })(),
  );
  await expect(source.fill(Buffer.alloc(4))).rejects.toThrow('broken off');
});

async function* streamOf(chunks: readonly Uint8Array[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk);
}
