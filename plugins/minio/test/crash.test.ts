import { describe, expect, it } from 'vitest';
import { isAgentError } from '../../../src/lib/errors.ts';
import type { Action, Observed } from '../../../src/plugin/contract.ts';
import { lose } from '../../../test/labs/minio/lose.ts';
import { ACCOUNT, action, BUCKET, create, MIB, observe, type Site, signal, startSite } from './lab.ts';

/** Every action is interrupted at every request, before the server did it and after, and then repeated by a new process. */

interface Story {
  readonly name: string;
  readonly action: Action;
  prepare(site: Site): Promise<void>;
}

const attributes = { versioning: true, tags: { project: 'one' }, lifecycle_days: 30 };
const quota = { bytes: 10n * MIB };
const made = async (site: Site): Promise<void> => {
  await site.open().apply(create(quota, attributes), signal);
};
const stories: readonly Story[] = [
  { name: 'create', action: create(quota, attributes), prepare: async () => undefined },
  {
    name: 'set-quota',
    action: action({ kind: 'set-quota', from: { ...quota, objects: null }, to: { bytes: MIB, objects: null } }),
    prepare: made,
  },
  {
    name: 'configure',
    action: action({
      kind: 'configure',
      changes: [
        { path: 'versioning', from: true, to: false },
        { path: 'tags', from: { project: 'one' }, to: { project: 'two' } },
        { path: 'lifecycle_days', from: 30, to: null },
      ],
    }),
    prepare: made,
  },
  { name: 'suspend', action: action({ kind: 'suspend' }), prepare: made },
  {
    name: 'purge',
    action: action({ kind: 'delete-account', purge: true }),
    prepare: async (site) => {
      await made(site);
      site.store(ACCOUNT, 100);
    },
  },
];

describe.each(stories)('$name, interrupted at any request', ({ action: interrupted, prepare }) => {
  it.each(['before the server did it', 'after the server did it'])(
    '%s, comes to the same when it is repeated',
    async (when) => {
      const whole = await play(interrupted, prepare, undefined);
      expect(whole.requests).toBeGreaterThan(2);
      for (let at = 1; at <= whole.requests; at++) {
        const broken = await play(interrupted, prepare, { at, when });
        expect(broken.outcome, `request ${at}`).toEqual(whole.outcome);
        expect(broken.leftovers, `request ${at}`).toEqual(whole.leftovers);
      }
    },
  );
});

async function play(interrupted: Action, prepare: Story['prepare'], crash: { at: number; when: string } | undefined) {
  const site = await startSite();
  try {
    await prepare(site);
    const { requests } = site.emulator;
    const start = requests.length;
    let isDead = false;
    site.emulator.intercept = (_, response) => {
      if (crash === undefined || isDead || requests.length - start !== crash.at) return false;
      isDead = true;
      if (crash.when.startsWith('before')) {
        response.destroy();
        return true;
      }
      lose(response);
      return false;
    };
    await site
      .open()
      .apply(interrupted, signal)
      .catch((error: unknown) => {
        // A crash is a crash: no order may be given up because of it.
        if (!isAgentError(error) || error.disposition === 'terminal') throw error;
      });
    const count = requests.length - start;
    await site.open().apply(interrupted, signal);
    site.emulator.intercept = undefined;
    const outcome: readonly Observed[] = await observe(site.open({ public_endpoint: 'minio.example.org' }), [ACCOUNT]);
    const { users, policies, mappings } = site.emulator.state;
    const leftovers = {
      users: [...users.keys()],
      policies: [...policies.keys()],
      mapped: [...mappings.keys()],
      buckets: [...site.emulator.store.buckets.keys()],
    };
    if (users.has(ACCOUNT)) expect([...site.emulator.store.buckets.keys()]).toEqual([BUCKET]);
    return { outcome, leftovers, requests: count };
  } finally {
    await site.close();
  }
}
