import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { open } from './harness.ts';

test('a hundred start side by side, quickly, each on its own port', async () => {
  await (await startSandbox()).close();
  const before = process.cpuUsage();
  const sandboxes = await Promise.all(Array.from({ length: 100 }, () => startSandbox()));
  const { user, system } = process.cpuUsage(before);
  expect(new Set(sandboxes.map(({ port }) => port)).size).toBe(100);
  await Promise.all(sandboxes.map((sandbox) => sandbox.close()));
  expect((user + system) / 1000 / 100).toBeLessThan(50);
});

test('the same seed gives the same identifiers', async () => {
  const uuids = async (seed: number) => {
    const { sandbox } = await open({ seed });
    return Array.from({ length: 5 }, () => sandbox.placeOrder().uuid);
  };
  const first = await uuids(3);
  expect(await uuids(3)).toEqual(first);
  expect(await uuids(4)).not.toEqual(first);
  for (const uuid of first) expect(uuid).toMatch(/^[0-9a-f]{12}4[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
});

test('the broker answers on the same port', async () => {
  const { sandbox } = await open();
  const socket = new WebSocket(sandbox.wsUrl, ['v12.stomp']);
  await new Promise((resolve, reject) => {
    socket.once('open', resolve);
    socket.once('error', reject);
  });
  expect(socket.protocol).toBe('v12.stomp');
  socket.terminate();
});

test('await ends with its signal', async () => {
  const { sandbox } = await open();
  const order = sandbox.placeOrder();
  const reason = new Error('enough');
  const controller = new AbortController();
  const waiting = sandbox.await(order, 'done', controller.signal);
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
  await expect(sandbox.await(order, 'done', controller.signal)).rejects.toBe(reason);
  expect(await sandbox.await(order.uuid, 'pending-provider', AbortSignal.timeout(100))).toBe(order);
});

test('orders for things that do not exist are refused', async () => {
  const { sandbox } = await open();
  expect(() => sandbox.placeOrder({ offering: 'x' })).toThrow('No Offering matches');
  expect(() => sandbox.placeOrder({ user: 'x' })).toThrow('No User matches');
  expect(() => sandbox.placeOrder({ type: 'Update' })).toThrow('No Resource matches');
});

test('a taken port is an error', async () => {
  const { sandbox } = await open();
  await expect(startSandbox({ port: sandbox.port })).rejects.toThrow('EADDRINUSE');
});
