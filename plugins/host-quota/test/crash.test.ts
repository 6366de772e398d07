import { describe, expect, it } from 'vitest';
import type { Action, Backend, Observed } from '../../../src/plugin/contract.ts';
import { registryFiles } from '../registry/registry-files.ts';
import type { Run } from '../tools/run.ts';
import { ACCOUNT, createLab, type HostLab, OURS, signal } from './lab.ts';

const QUOTA = { bytes: 20n * 1_048_576n, objects: 100n };
const of = { account: ACCOUNT, resource: OURS };

/** Everything that changes the host or the registry dies after `left` more of them, before or after its effect. */
function dying(lab: HostLab, left: number, isAfter: boolean): Backend {
  const dead = new Error('dead');
  const live = async <T>(work: () => Promise<T>): Promise<T> => {
    if (left-- > 0) return work();
    if (isAfter && left === -1) await work();
    throw dead;
  };
  const run: Run = (program, ...rest) =>
    /^(setquota|useradd|userdel|quotaon)$/.test(program)
      ? live(() => lab.host.run(program, ...rest))
      : lab.host.run(program, ...rest);
  return lab.open({
    run,
    files: {
      ...registryFiles,
      write: (...args) => live(() => registryFiles.write(...args)),
      link: (...args) => live(() => registryFiles.link(...args)),
      remove: (...args) => live(() => registryFiles.remove(...args)),
    },
  });
}

async function observe(backend: Backend, account: string): Promise<Observed | undefined> {
  for await (const one of backend.observe([{ account, resource: OURS }], signal)) return one;
  return undefined;
}

describe.each([
  ['before', false],
  ['after', true],
] as const)('a death %s any effect', (_, isAfter) => {
  it.each(['create', 'set-quota', 'suspend', 'resume', 'delete'] as const)(
    'of %s is repaired by a repetition',
    async (name) => {
      for (let effects = 0; effects < 30; effects++) {
        const lab = await createLab();
        const create: Action = { kind: 'create-account', displayName: 'x', quota: QUOTA, attributes: {}, ...of };
        const steady = lab.open();
        if (name !== 'create') await steady.apply(create, signal);
        if (name === 'resume') await steady.apply({ kind: 'suspend', ...of }, signal);
        const to = { bytes: 40n * 1_048_576n, objects: 7n };
        const action: Action = {
          create,
          'set-quota': { kind: 'set-quota', ...of, from: QUOTA, to } as const,
          suspend: { kind: 'suspend', ...of } as const,
          resume: { kind: 'resume', ...of } as const,
          delete: { kind: 'delete-account', ...of, purge: false } as const,
        }[name];
        const mortal = dying(lab, effects, isAfter);
        const died = await mortal.apply(action, signal).then(
          () => false,
          () => true,
        );
        await mortal.close();
        await steady.close();
        const next = lab.open();
        await next.apply(action, signal);
        const seen = await observe(next, ACCOUNT);
        const users = (await lab.host.run('getent', ['passwd'], signal)).stdout.trim().split('\n');
        if (name === 'delete') {
          expect(seen, `${effects}`).toMatchObject({ state: 'absent' });
          expect([users.length, lab.host.row('-u', 1000).blockHard]).toEqual([1, 0n]);
        } else {
          const quota = name === 'set-quota' ? to : QUOTA;
          expect(seen, `${effects}`).toMatchObject({
            state: 'found',
            resource: OURS,
            quota,
            suspended: name === 'suspend',
          });
          // One user, never two.
          expect(users).toHaveLength(2);
        }
        await next.close();
        await lab.close();
        if (!died) return;
      }
      throw new Error('it never came to an end');
    },
  );
});
