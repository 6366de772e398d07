import { mkdir, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, it } from 'vitest';
import type { Action, Applied } from '../../../src/plugin/contract.ts';
import { type Disk, nodeDisk } from '../disk.ts';
import { ACCOUNT, action, create, createStorage, found, OTHER, observe, type Storage, signal } from './lab.ts';
import { createMortal, death, MOMENTS, type Moment } from './mortal.ts';

const NEIGHBOUR = 'waldur-org-two-76543210';

let storage: Storage;
afterEach(() => storage.remove());

describe.each(MOMENTS)('a crash %s any effect on the file system', (moment) => {
  it('of create is repaired by creating again', async () => {
    await everyCrash(moment, {
      before: async () => undefined,
      action: create({ bytes: 1000n }),
      after: async () => {
        const account = await found(storage.open());
        expect(account.quota.bytes).toBe(1000n);
        expect(account.keys).toEqual([]);
      },
    });
  });

  it('of set-quota leaves the old limit or the new one, and then the new one', async () => {
    const [from, to] = [1000n, 2000n].map((bytes) => ({ bytes: bytes ?? null, objects: null }));
    if (from === undefined || to === undefined) return;
    await everyCrash(moment, {
      before: async () => void (await apply(create({ bytes: 1000n }))),
      action: action({ kind: 'set-quota', from, to }),
      between: async () => expect([1000n, 2000n]).toContain((await found(storage.open())).quota.bytes),
      after: async () => expect((await found(storage.open())).quota.bytes).toBe(2000n),
    });
  });

  it('of issue-key loses no key that was there', async () => {
    let first = '';
    await everyCrash(moment, {
      before: async () => {
        await apply(create());
        first = (await apply(action({ kind: 'issue-key' }))).credentials?.accessKey ?? 'none';
      },
      action: action({ kind: 'issue-key' }),
      after: async (applied) => {
        const accessKeys = (await found(storage.open())).keys.map(({ id }) => id);
        expect(accessKeys).toContain(first);
        expect(accessKeys).toContain(applied.credentials?.accessKey);
      },
    });
  });

  it('of purge is repaired by purging again, and nothing stays behind', async () => {
    await everyCrash(moment, {
      before: async () => {
        await apply(create());
        await apply(action({ kind: 'issue-key' }));
        await mkdir(storage.path(ACCOUNT, 'deep/er'), { recursive: true });
        for (const name of ['a', 'deep/b', 'deep/er/c']) await writeFile(storage.path(ACCOUNT, name), name);
      },
      action: action({ kind: 'delete-account', purge: true }),
      after: async () => {
        expect(await observe(storage.open())).toEqual({ state: 'absent', account: ACCOUNT });
        // What was left of the directory goes with the next order.
        await apply(create());
        expect(await names()).toEqual(['.agent', ACCOUNT, NEIGHBOUR]);
        expect((await found(storage.open())).keys).toEqual([]);
        await apply(action({ kind: 'delete-account', purge: true }));
      },
      left: ['.agent', NEIGHBOUR],
    });
  });
});

interface Scenario {
  before(): Promise<void>;
  readonly action: Action;
  between?(): Promise<void>;
  after(applied: Applied): Promise<void>;
  readonly left?: readonly string[];
}

/** Runs the action in a process that dies at its first effect, then at its second, until it gets through. */
async function everyCrash(moment: Moment, scenario: Scenario): Promise<void> {
  for (let survived = 0; ; survived++) {
    storage = await createStorage();
    await apply(create(), NEIGHBOUR);
    await apply(action({ kind: 'issue-key' }), NEIGHBOUR);
    await scenario.before();
    const died = await crash(scenario.action, survived, moment);
    await neighbourIsWell();
    await scenario.between?.();
    const applied = await apply(scenario.action);
    await scenario.after(applied);
    await neighbourIsWell();
    expect(await names()).toEqual(scenario.left ?? ['.agent', ACCOUNT, NEIGHBOUR]);
    await storage.remove();
    if (!died) {
      expect(survived).toBeGreaterThanOrEqual(2);
      return;
    }
  }
}

async function apply(wanted: Action, account = wanted.account, resource?: string): Promise<Applied> {
  const backend = storage.open();
  const of = account === NEIGHBOUR ? OTHER : (resource ?? wanted.resource);
  try {
    return await backend.apply({ ...wanted, account, resource: of }, signal);
  } finally {
    await removals(() => false);
    await backend.close();
  }
}

/** Waits for what goes on in the background. */
async function removals(dead: () => boolean): Promise<void> {
  while (!dead() && (await names()).some((name) => name.startsWith('.deleted-'))) {
    await new Promise((resolve) => setImmediate(resolve));
  }
}

/** True when the process died before it was through. A dead process has no further effects. */
async function crash(wanted: Action, effects: number, moment: Moment): Promise<boolean> {
  const { effect, died } = createMortal(effects, moment);
  const disk: Disk = {
    ...nodeDisk,
    makeDirectory: (...args) => effect(() => nodeDisk.makeDirectory(...args)),
    write: (path, text, mode) =>
      effect(
        () => nodeDisk.write(path, text, mode),
        () => nodeDisk.write(path, text.slice(0, text.length / 2), mode),
      ),
    rename: (...args) => effect(() => nodeDisk.rename(...args)),
    removeFile: (...args) => effect(() => nodeDisk.removeFile(...args)),
    removeTree: (path, stop) =>
      effect(
        () => nodeDisk.removeTree(path, stop),
        async () => {
          const [first] = await readdir(path).catch(() => []);
          if (first !== undefined) await rm(join(path, first), { recursive: true });
        },
      ),
  };
  const backend = storage.open(disk);
  await backend.apply(wanted, signal).catch((error: unknown) => expect(error).toBe(death));
  await removals(died);
  await backend.close();
  return died();
}

async function names(): Promise<readonly string[]> {
  return (await readdir(storage.root)).sort();
}

/** Other accounts are as they were at every moment. */
async function neighbourIsWell(): Promise<void> {
  const text = await readFile(storage.path(`.agent/accounts/${NEIGHBOUR}.json`), 'utf8');
  expect(JSON.parse(text)).toMatchObject({ version: 1, resource: OTHER });
  const neighbour = await found(storage.open(), NEIGHBOUR);
  expect(neighbour).toMatchObject({ resource: OTHER, quota: { bytes: 1000n } });
  expect(neighbour.keys).toHaveLength(1);
}
