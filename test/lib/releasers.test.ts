import { describe, expect, it } from 'vitest';
import { createReleasers } from '../../src/lib/releasers.ts';

describe('createReleasers', () => {
  it('runs the steps one after the other, the last first', async () => {
    const order: string[] = [];
    const releasers = createReleasers();
    releasers.add(() => void order.push('first'));
    releasers.add(async () => {
      await Promise.resolve();
      order.push('second');
    });
    releasers.add(() => void order.push('third'));
    await releasers.release();
    expect(order).toEqual(['third', 'second', 'first']);
  });

  it('runs every step once', async () => {
    let runs = 0;
    const releasers = createReleasers();
    releasers.add(() => void runs++);
    await Promise.all([releasers.release(), releasers.release()]);
    await releasers.release();
    expect(runs).toBe(1);
  });

  it('goes on after failures, and throws the first of them', async () => {
    const order: string[] = [];
    const releasers = createReleasers();
    releasers.add(() => void order.push('first'));
    releasers.add(() => {
      throw new Error('second failed');
    });
    releasers.add(() => Promise.reject(new Error('third failed')));
    await expect(releasers.release()).rejects.toThrow('third failed');
    expect(order).toEqual(['first']);
  });

  it('runs a step that was added meanwhile', async () => {
    const order: string[] = [];
    const releasers = createReleasers();
    releasers.add(() => {
      releasers.add(() => void order.push('late'));
    });
    await releasers.release();
    expect(order).toEqual(['late']);
  });
});
