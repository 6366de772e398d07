import { createServer } from 'node:http';
import { afterEach, expect, it } from 'vitest';
import { freePort } from '../../src/cli/demo/free-port.ts';
import { openSite, type Site } from '../fakes/site.ts';
import { reach } from './helpers.ts';

let site: Site;
afterEach(() => site.close());

it('an order that waited for the agent is done when someone answers at the address it gives', async () => {
  const endpoint = `127.0.0.1:${await freePort(Math.random)}`;
  site = await openSite({ settings: `listen: ${endpoint}` });
  const order = site.sandbox.placeOrder();
  await site.start();
  await reach(site, order, 'done');
  expect((await fetch(`http://${endpoint}/`)).status).toBe(403);
});

it('an address that is taken makes the offering degraded, and the gateway serves when it is free', async () => {
  const other = createServer((_, response) => void response.end());
  await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
  const address = other.address();
  const port = typeof address === 'object' && address !== null ? address.port : 0;
  site = await openSite({ settings: `listen: 127.0.0.1:${port}`, speed: 60 });
  await site.start();
  await until(async () => (await ready()).includes('IRONBUCKET_LISTEN'));
  other.closeAllConnections();
  await new Promise((resolve) => other.close(resolve));
  await until(async () => {
    const answer = await fetch(`http://127.0.0.1:${port}/`).catch(() => undefined);
    return answer?.headers.get('server') === 'waldur-storage-agent' && answer.status === 403;
  });
  await until(async () => !(await ready()).includes('IRONBUCKET_LISTEN'));
  await until(async () => (await ready()).includes('"status":"ok"'));
});

async function ready(): Promise<string> {
  return (await fetch(`http://127.0.0.1:${site.port()}/readyz`)).text();
}

async function until(condition: () => Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise((resolve) => setImmediate(resolve));
}
