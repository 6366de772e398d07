import { afterEach, describe, expect, it } from 'vitest';
import type { Backend, Observed } from '../../../../src/plugin/contract.ts';
import { createAccount, createLab, type HostLab, signal } from '../lab.ts';

let lab: HostLab;
let backend: Backend;
async function open(options: readonly string[]): Promise<void> {
  lab = await createLab();
  backend = lab.open({ mounts: async () => [{ ...lab.host.mount, options }] });
}
afterEach(async () => {
  await backend.close();
  await lab.close();
});

const look = () => backend.jobs?.find(({ name }) => name === 'enforcement')?.run(signal);
const events = async () => (await lab.context.store.list('outbox/')).map(({ value }) => value);
const refused = { code: 2, stdout: '', stderr: 'quotaon: Quota format not supported in kernel.\n' };

async function gauges(): Promise<unknown> {
  for await (const one of backend.observe('all', signal)) return (one as Extract<Observed, { state: 'found' }>).gauges;
  return undefined;
}

describe('limits that do not bind', () => {
  it('are switched on at the start of the agent, when ext4 was mounted without the option', async () => {
    await open(['rw']);
    lab.host.fail('quotaon', { code: 0, stdout: '', stderr: '' });
    const stopping = new AbortController();
    const running = backend.serve?.(stopping.signal);
    await expect.poll(() => lab.host.calls).toContain('quotaon -u /srv/data');
    stopping.abort();
    await running;
    expect(await events()).toEqual([]);
  });

  it('are told once when that fails, and once when it works again, and are a metric', async () => {
    await open(['rw', 'usrquota']);
    const quota = { bytes: 1_000_000n, objects: null };
    await backend.apply(createAccount(quota), signal);
    expect(await gauges()).toBeUndefined();
    expect(await look()).toBeUndefined();
    expect(await gauges()).toEqual({ enforced: 1 });
    lab.host.fail('quotaon', refused);
    expect(await look()).toContain('limits on /dev/vdb are not enforced: quotaon failed');
    expect(await look()).toBeUndefined();
    expect(await gauges()).toEqual({ enforced: 0 });
    lab.host.fail('quotaon', undefined);
    await look();
    expect(await events()).toMatchObject([
      { event: 'device_enforcement_off', name: 'root', device: '/dev/vdb', detail: { limits_of: 'user' } },
      { event: 'device_enforcement_on', device: '/dev/vdb' },
    ]);
    expect(await gauges()).toEqual({ enforced: 1 });
  });

  it('are told by doctor, also on devices of others', async () => {
    lab = await createLab();
    const other = {
      ...lab.host.mount,
      source: '/dev/vdz',
      mountPoint: '/srv/other',
      fstype: 'xfs',
      options: ['rw', 'usrquota'],
    };
    const run: typeof lab.host.run = (program, args, ...rest) =>
      args.includes('/srv/other')
        ? Promise.resolve({ code: 0, stdout: 'Accounting: ON; Enforcement: OFF\n', stderr: '' })
        : lab.host.run(program, args, ...rest);
    backend = lab.open({ run, mounts: async () => [{ ...lab.host.mount, options: ['rw'] }, other] });
    const found = new Map((await backend.check(signal)).map((check) => [check.name, check]));
    expect(found.get('enforcement')).toMatchObject({ status: 'failed', hint: expect.stringContaining('usrquota') });
    expect(found.get('other devices')).toMatchObject({
      status: 'warning',
      detail: '/dev/vdz, user: /srv/other counts and does not enforce',
    });
  });

  it('of a device that is not there are another fault', async () => {
    lab = await createLab();
    backend = lab.open({ mounts: async () => [] });
    expect(await look()).toBeUndefined();
    expect(await events()).toEqual([]);
  });
});
