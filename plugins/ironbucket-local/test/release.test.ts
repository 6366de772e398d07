import { expect, it } from 'vitest';
import type { Files, OpenFile } from '../objects/files.ts';
import { readRange } from '../objects/read.ts';
import { stageBody } from '../objects/stage.ts';
import { release, takeOver } from '../release.ts';

it('empties a large piece that has its memory for itself, and no other', () => {
  const whole = Buffer.alloc(65_536, 'x');
  const small = Buffer.alloc(1024, 'x');
  const part = Buffer.alloc(65_536, 'x').subarray(1);
  for (const piece of [whole, small, part]) release(piece);
  expect([whole.length, small.length, part.length]).toEqual([0, 1024, 65_535]);
  expect(part.every((byte) => byte === 120)).toBe(true);
});

it('takes over the bytes of any piece, and leaves nothing that could be released', () => {
  const whole = Buffer.alloc(65_536, 'x');
  for (const piece of [whole, Buffer.alloc(65_536, 'x').subarray(1), Buffer.from('x')]) {
    const { length } = piece;
    const taken = Buffer.from(takeOver(piece));
    release(piece);
    expect(taken.equals(Buffer.alloc(length, 'x'))).toBe(true);
  }
  expect(whole.length).toBe(0);
});

it('is done with what an object was read into', async () => {
  const file = { read: async (buffer: Uint8Array) => buffer.length } as unknown as OpenFile;
  const pieces: Buffer[] = [];
  for await (const piece of readRange(file, 0, 65_536)) pieces.push(piece);
  expect(pieces.map(({ length }) => length)).toEqual([0]);
});

it('is done with what an object was written from', async () => {
  const written: Uint8Array[] = [];
  const write = async (chunks: readonly Uint8Array[]): Promise<void> => void written.push(...chunks);
  const files = { create: async () => ({ write, close: async () => undefined }) } as unknown as Files;
  const body = (async function* () {
    for (let index = 0; index < 9; index++) yield Buffer.alloc(65_536);
  })();
  const deps = { files, random: (bytes: number) => new Uint8Array(bytes) };
  const { size } = await stageBody(deps, '', body, () => undefined, new AbortController().signal);
  expect([size, ...written.map(({ length }) => length)]).toEqual([9 * 65_536, 0, 0, 0]);
});
