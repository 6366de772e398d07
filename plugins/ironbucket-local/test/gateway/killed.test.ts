import { type ChildProcess, spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../../../src/cli/demo/free-port.ts';
import { type Client, createClient } from './client.ts';
import { ACCOUNT, openSite, type Site, waitFor } from './lab.ts';

let site: Site;
let child: ChildProcess | undefined;
afterEach(async () => {
  child?.kill('SIGKILL');
  await site.close();
});

/** The agent as it is installed, with nothing but its gateway to do. */
async function startAgent(): Promise<Client> {
  const port = await freePort(Math.random);
  const file = join(site.root, '.agent', 'agent.json');
  const settings = { storage_path: site.root, listen: `127.0.0.1:${port}`, quota_flush_interval_ms: 100 };
  const offering = {
    name: 'killed',
    waldur_api_url: 'http://127.0.0.1:9/api/',
    waldur_api_token: 'a-token-that-nobody-takes',
    waldur_offering_uuid: '3fa85f64571745625b3fc2c963f66afa',
    stomp_enabled: false,
    backend_type: 'ironbucket-local',
    backend_settings: settings,
    backend_components: { storage: { accounting_type: 'usage', unit_factor: 1_073_741_824, enforce_limits: true } },
  };
  await writeFile(file, JSON.stringify({ listen: '127.0.0.1:0', offerings: [offering] }), { mode: 0o600 });
  const started = spawn(process.execPath, ['dist/src/cli/main.js', 'run', '-c', file], { stdio: 'ignore' });
  const client = createClient(port, site.keys, ACCOUNT, () => new Date());
  child = started;
  await waitFor(async () => {
    if (started.exitCode !== null) throw new Error(`the agent ended with ${started.exitCode}`);
    return (await client({}).catch(() => undefined))?.status === 200;
  });
  return client;
}

it('an agent that is killed while it stores objects leaves whole ones, and the right numbers [defect 26]', {
  timeout: 60_000,
}, async () => {
  site = await openSite({ limit: 300_000n });
  await site.stop();
  for (let round = 0; round < 3; round++) {
    const s3 = await startAgent();
    const stop = { now: false };
    let stored = 0;
    const writer = async (name: number): Promise<void> => {
      for (let turn = 0; !stop.now; turn++) {
        const key = `${name % 3 === 0 ? 'dir/' : ''}k${(turn * 7 + name) % 10}`;
        const body = Buffer.alloc(1000 + ((turn * 977 + name * 331) % 20_000), `${name}-${turn} `);
        const request = turn % 4 === 3 ? { method: 'DELETE', key } : { method: 'PUT', key, body };
        const answer = await s3(request).catch(() => undefined);
        if (answer?.status === 200) stored++;
      }
    };
    const writers = Array.from({ length: 8 }, (_, name) => writer(name));
    await waitFor(() => stored > 100 + round * 37);
    child?.kill('SIGKILL');
    if (child !== undefined) await once(child, 'exit');
    stop.now = true;
    await Promise.all(writers);
  }

  site = await site.restart();
  // What is counted is what is there, before and after it is written.
  for (const key of (await site.s3({})).all('Key')) {
    const { headers, body } = await site.s3({ key });
    expect(headers.etag).toBe(`"${createHash('md5').update(body).digest('hex')}"`);
  }
  await waitFor(async () => {
    const { headers } = await site.s3({ method: 'HEAD' });
    const { scan } = await site.counted();
    return (
      headers['x-amz-bucket-usage'] === String(scan.bytes) && headers['x-amz-bucket-objects'] === String(scan.objects)
    );
  });
  expect(await readdir(site.path('.uploads'))).toEqual([]);
  await site.stop();
  const { file, scan } = await site.counted();
  expect(file).toEqual(scan);
  expect(scan.objects).toBeGreaterThan(0n);
  expect(scan.bytes).toBeLessThanOrEqual(300_000n);
});
