import { describe, expect, it } from 'vitest';
import { createKeyedLock } from '../../src/lib/keyed-lock.ts';

/** Work that ends when told to, and notes that it began. */
function createWork(began: string[]) {
  const ends = new Map<string, () => void>();
  return {
    begin: (name: string) => (): Promise<string> => {
      began.push(name);
      return new Promise((resolve) => ends.set(name, () => resolve(name)));
    },
    end: (name: string) => ends.get(name)?.(),
  };
}

describe('a keyed lock', () => {
  it('runs work of one key in the order of asking, and of other keys beside it', async () => {
    const began: string[] = [];
    const work = createWork(began);
    const lock = createKeyedLock();
    const first = lock.hold('a', work.begin('first'));
    const second = lock.hold('a', work.begin('second'));
    const third = lock.hold('a', work.begin('third'));
    void lock.hold('b', work.begin('other'));
    expect(began).toEqual(['first', 'other']);
    work.end('first');
    expect(await first).toBe('first');
    expect(began).toEqual(['first', 'other', 'second']);
    work.end('second');
    await second;
    expect(began).toEqual(['first', 'other', 'second', 'third']);
    work.end('third');
    expect(await third).toBe('third');
  });

  it('goes on after work that failed, and hands its error to the one who asked', async () => {
    const lock = createKeyedLock();
    const failed = lock.hold('a', () => Promise.reject(new Error('full')));
    const next = lock.hold('a', async () => 'next');
    await expect(failed).rejects.toThrow('full');
    expect(await next).toBe('next');
  });

  it('forgets a key with its last work: the next begins at once', async () => {
    const began: string[] = [];
    const lock = createKeyedLock();
    await lock.hold('a', async () => undefined);
    void lock.hold('a', createWork(began).begin('again'));
    expect(began).toEqual(['again']);
  });
});
