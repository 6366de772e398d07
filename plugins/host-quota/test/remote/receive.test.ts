import { expect, it } from 'vitest';
import type { Json } from '../../../../src/lib/json.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { recordingLog } from '../../../../test/fakes/log.ts';
import { createReceiver, listNotifications } from '../../central/receive.ts';
import { deliver } from '../../state/outbox.ts';
import { signal } from './rig.ts';

const detail = { uid: 1000, device_name: '/dev/sda1', block_current: 5 };
const over = { host_user_name: 'alice', event_type: 'disk_soft_limit_exceeded', detail };

function open() {
  const clock = manualClock();
  const store = createMemoryDocuments(clock);
  const { log, said } = recordingLog();
  const knows = (id: string): boolean => id !== 'host9';
  const receive = createReceiver({ store, clock, log, knows, isHere: (id) => id === 'here' });
  const letters: unknown[] = [];
  const channel = { name: 'mail', send: async (events: readonly unknown[]) => void letters.push(...events) };
  return { clock, store, said, receive, letters, send: () => deliver(store, [channel], log, signal) };
}

it('what a host tells becomes a notification and a letter, once a day', async () => {
  const { clock, store, receive, letters, send } = open();
  await receive('host1', [over, over]);
  await receive('host2', [over]);
  await receive('host1', [over, { ...over, host_user_name: 'bob' }]);
  await send();
  expect(await listNotifications(store)).toHaveLength(3);
  const at = { event: 'disk_soft_limit_exceeded', device: '/dev/sda1', detail };
  expect(letters).toMatchObject([
    { ...at, host: 'host1', name: 'alice' },
    { ...at, host: 'host1', name: 'bob' },
    { ...at, host: 'host2', name: 'alice' },
  ]);
  await clock.advance(86_400_000);
  await receive('host1', [over]);
  await send();
  expect(letters).toHaveLength(4);
});

it('of Docker other managers name no device, and a letter does', async () => {
  const { receive, letters, send } = open();
  await receive('host4', [{ ...over, event_type: 'docker_quota_exceeded', detail: { block_current: 5 } }]);
  await send();
  expect(letters).toMatchObject([{ device: 'docker' }]);
});

it('the host of the agent itself has written its letters already', async () => {
  const { store, receive, letters, send } = open();
  await receive('here', [over]);
  await send();
  expect([letters, (await listNotifications(store)).length]).toEqual([[], 1]);
});

it.each<[string, string, Json]>([
  ['an unknown host', 'host9', over],
  ['an unknown type', 'host1', { ...over, event_type: 'disk_exploded' }],
  ['no user', 'host1', { ...over, host_user_name: null }],
  ['a name that no key of a document has room for', 'host1', { ...over, host_user_name: 'x'.repeat(101) }],
  ['a device of that kind', 'host1', { ...over, detail: { device_name: '/'.repeat(34) } }],
  ['no object', 'host1', 'over'],
])('%s is dropped and logged', async (_, hostId, event) => {
  const { store, said, receive } = open();
  await receive(hostId, [event]);
  expect(await listNotifications(store)).toEqual([]);
  expect(said).toMatchObject([{ text: 'info an event of a host was dropped' }]);
});
