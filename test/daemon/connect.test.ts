import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createConnect } from '../../src/daemon/connect.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import type { Backend } from '../../src/plugin/contract.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig } from '../fakes/offering.ts';

const nothing = (): void => undefined;

function open(secrets = createSecrets()) {
  return createConnect({
    clock: systemClock,
    log: silentLog(),
    version: '1',
    env: {},
    secrets,
    concurrency: 1,
    store: () => createMemoryStore(systemClock),
    metrics: { waldurRequest: nothing, backendRequest: nothing, pluginRequest: nothing, accountSeen: nothing },
  });
}

test('metadata that no page of Waldur could hold does not get past the backend', async () => {
  const { plugin } = offeringConfig();
  const observe = async function* () {
    yield { state: 'found', account: 'a', metadata: { text: 'x'.repeat(100_000) } };
  };
  const create = () => ({ observe }) as unknown as Backend;
  const backend = open().backend(offeringConfig({ plugin: { ...plugin, create } }));
  const seen = [];
  for await (const observed of backend.observe([{ account: 'a' }], new AbortController().signal)) seen.push(observed);
  expect(seen).toEqual([{ state: 'found', account: 'a', metadata: {} }]);
});

test('a token file that was replaced needs no signal, and its new token is hidden', async () => {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const folder = mkdtempSync(join(tmpdir(), 'connect-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'token');
  const token = sandbox.token('provider-owner');
  writeFileSync(file, `${token}\n`);
  const secrets = createSecrets();
  const connect = open(secrets);
  const waldur = connect.waldur({
    apiUrl: sandbox.url,
    credentials: { kind: 'token', token: 'the-token-before', file },
    verifySsl: true,
    ca: undefined,
    proxy: undefined,
  });
  onTestFinished(() => waldur.close());
  expect((await waldur.me(new AbortController().signal)).username).toBe('provider-owner');
  expect(secrets.scrub(`sent ${token}`)).not.toContain(token);
});
