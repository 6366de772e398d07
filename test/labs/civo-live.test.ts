import { randomBytes } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { startEmulator } from '../../plugins/civo/emulator/emulator.ts';
import { createBackend } from '../../plugins/civo/index.ts';
import { withDefaults } from '../../plugins/civo/test/lab.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import type { Backend, Observed, PluginContext } from '../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../src/plugin/memory-documents.ts';
import { createS3 } from '../../src/s3/index.ts';
import { COMMON } from '../fakes/common-settings.ts';
import { silentLog } from '../fakes/log.ts';

/**
 * A unique bucket that is made, looked at, written, read and destroyed. Against the emulator always; against a live account
 * when CIVO_TOKEN and CIVO_TEST_REGION name one, where it costs what 500 GB cost until it is gone.
 */
const { CIVO_TOKEN, CIVO_TEST_REGION } = process.env;
const TEN_MINUTES_MS = 600_000;

describe('a unique bucket', () => {
  it('lives and ends in the emulator', async () => {
    const random = (bytes: number) => randomBytes(bytes);
    const delaysMs = { credential: 300, store: 300, deletion: 300 };
    const emulator = await startEmulator({ clock: systemClock, random, token: 'emulated', delaysMs });
    await liveAndEnd({ api_token: 'emulated', api_url: emulator.url, region: 'LON1' });
    await emulator.close();
  });

  // Without an account there is no such test: one that is skipped counts as not passed.
  if (CIVO_TOKEN !== undefined && CIVO_TEST_REGION !== undefined) {
    it('lives and ends at Civo', () => liveAndEnd({ api_token: CIVO_TOKEN, region: CIVO_TEST_REGION }), TEN_MINUTES_MS);
  }
});

async function liveAndEnd(settings: Readonly<Record<string, unknown>>): Promise<void> {
  const signal = AbortSignal.timeout(TEN_MINUTES_MS);
  const http: PluginContext<never>['http'] = (options) => createHttp(options, { clock: systemClock });
  const backend = createBackend({
    settings: withDefaults(settings),
    log: silentLog(),
    http,
    clock: systemClock,
    common: COMMON,
    store: createMemoryDocuments(systemClock),
    random: (bytes) => randomBytes(bytes),
  });
  const resource = randomBytes(16).toString('hex');
  const name = `waldur-test-${resource.slice(0, 12)}`;
  let account = name;
  try {
    const checks = await backend.check(signal);
    expect(checks.filter(({ status }) => status === 'failed')).toEqual([]);
    account = await make(backend, name, resource, signal);
    const { credentials } = await backend.apply({ kind: 'issue-key', account, resource }, signal);
    const { accessKey = '', secretKey = '', endpoint = '', region = '' } = credentials ?? {};
    const keys = { accessKey, secretKey };
    const s3 = createS3({ connect: http, endpoint, region, keys, now: () => systemClock.now() });
    await s3.objects.put(name, 'hello', 'world', 'text/plain', signal);
    expect(await s3.objects.get(name, 'hello', signal)).toBe('world');
    expect(await s3.documents.versioning(name, signal)).toBe('Enabled');
    s3.close();
    const kept = backend.apply({ kind: 'delete-account', account, resource, purge: false }, signal);
    await expect(kept).rejects.toMatchObject({ code: 'CIVO_NOT_EMPTY' });
  } finally {
    await backend.apply({ kind: 'delete-account', account, resource, purge: true }, signal);
    expect(await observe(backend, account, resource, signal)).toMatchObject({ state: 'absent' });
    await backend.close();
  }
}

/** As the agent does: what is not there is asked for, what is pending is waited for, what differs is set. */
async function make(backend: Backend, name: string, resource: string, signal: AbortSignal): Promise<string> {
  const attributes = { bucket_name: name, versioning: true, tags: ['purpose:test'] };
  let account = name;
  for (;;) {
    const observed = await observe(backend, account, resource, signal);
    if (observed?.state === 'pending') await systemClock.sleep(observed.againAfterMs, signal);
    if (observed?.state === 'absent') {
      const create = { kind: 'create-account', account, resource, displayName: name, quota: {}, attributes } as const;
      account = (await backend.apply(create, signal)).account ?? account;
    }
    if (observed?.state !== 'found') continue;
    const changes = [{ path: 'versioning', from: null, to: true }];
    await backend.apply({ kind: 'configure', account, resource, changes }, signal);
    return account;
  }
}

async function observe(
  backend: Backend,
  account: string,
  resource: string,
  signal: AbortSignal,
): Promise<Observed | undefined> {
  for await (const observed of backend.observe([{ account, resource }], signal)) return observed;
  return undefined;
}
