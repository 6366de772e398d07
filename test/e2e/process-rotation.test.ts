import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, onTestFinished, test, vi } from 'vitest';
import { startCluster } from '../../plugins/croit-s3/test/lab.ts';
import { closeAll, FIVE, openProcessSite, patience } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

test('a token file that was replaced is read again when Waldur refuses the old token, without a signal', async () => {
  const site = await openProcessSite();
  const { sandbox } = site;
  const file = join(site.folder, 'token');
  writeFileSync(file, sandbox.token('provider-owner'), { mode: 0o600 });
  site.configure({
    poll_interval: '1s',
    offerings: [site.offering('limit', { waldur_api_token: `\${file:${file}}` })],
  });
  const agent = await site.run();
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  const token = sandbox.store.tokens.get(sandbox.token('provider-owner'));
  if (token === undefined) throw new Error('no token');
  writeFileSync(file, sandbox.token('staff'), { mode: 0o600 });
  token.revoked = true;
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  expect(agent.output.stdout).not.toContain('configuration reloaded');
});

test('a secret file of a backend that was replaced is read again when the backend refuses the old secret', async () => {
  const site = await openProcessSite();
  const cluster = await startCluster();
  onTestFinished(() => cluster.close());
  const file = join(site.folder, 'croit-token');
  writeFileSync(file, cluster.facade.token, { mode: 0o600 });
  const { api_url, s3_endpoint } = cluster.settings('croit');
  const backend_settings = { flavour: 'croit', api_url, s3_endpoint, token: `\${file:${file}}` };
  const offering = site.offering('limit', { backend_type: 'croit_s3', backend_settings });
  site.configure({ poll_interval: '1s', offerings: [offering] });
  const agent = await site.run();
  await site.sandbox.await(site.sandbox.placeOrder(FIVE), 'done', patience());
  const rotated = 'croit-token-after-the-rotation';
  writeFileSync(file, rotated, { mode: 0o600 });
  cluster.facade.token = rotated;
  const order = site.sandbox.placeOrder(FIVE);
  await agent.says(/0 offerings added, 0 removed, 1 restarted/);
  await site.sandbox.await(order, 'done', patience());
  expect(cluster.user(order.resource.backendId).suspended).toBe(0);
  expect(JSON.stringify(agent.output)).not.toContain(rotated);
});
