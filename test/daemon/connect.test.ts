import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { createConnect } from '../../src/daemon/connect.ts';
import { systemClock } from '../../src/lib/clock.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { createMemoryStore } from '../../src/store/memory-store.ts';
import { silentLog } from '../fakes/log.ts';

test('a token file that was replaced needs no signal, and its new token is hidden', async () => {
  const sandbox = await startSandbox();
  onTestFinished(() => sandbox.close());
  const folder = mkdtempSync(join(tmpdir(), 'connect-'));
  onTestFinished(() => rmSync(folder, { recursive: true }));
  const file = join(folder, 'token');
  const token = sandbox.token('provider-owner');
  writeFileSync(file, `${token}\n`);
  const secrets = createSecrets();
  const nothing = (): void => undefined;
  const connect = createConnect({
    clock: systemClock,
    log: silentLog(),
    version: '1',
    env: {},
    secrets,
    concurrency: 1,
    store: () => createMemoryStore(systemClock),
    metrics: { waldurRequest: nothing, backendRequest: nothing, pluginRequest: nothing, accountSeen: nothing },
  });
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
