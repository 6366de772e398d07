import { describe, expect, it } from 'vitest';
import type { Documents } from '../../../../src/plugin/contract.ts';
import { createMemoryDocuments } from '../../../../src/plugin/memory-documents.ts';
import { manualClock } from '../../../../test/fakes/clock.ts';
import { silentLog } from '../../../../test/fakes/log.ts';
import { createDevices } from '../../devices/devices.ts';
import { createLinuxDriver } from '../../devices/linux/driver.ts';
import { createNames } from '../../host/names.ts';
import { createHostService } from '../../host/service.ts';
import type { QuotaEvent } from '../../state/event.ts';
import { look } from '../../state/monitor.ts';
import { type Channel, deliver } from '../../state/outbox.ts';
import { createFakeHost } from '../fake-tools.ts';

const { signal } = new AbortController();

function rig(store?: Documents) {
  const clock = manualClock();
  const host = createFakeHost();
  host.addUser('alice', 1000);
  const documents = store ?? createMemoryDocuments(clock);
  const service = createHostService({
    id: 'storage1',
    devices: createDevices([createLinuxDriver(host)], signal),
    names: createNames(host.run),
    store: documents,
    clock,
    log: silentLog(),
    registry: undefined,
    range: { uid_min: 1000, uid_max: 9999 },
    hasGroups: true,
  });
  const sent: QuotaEvent[] = [];
  const channel: Channel = { name: 'test', send: async (events) => void sent.push(...events) };
  const now = (): Date => clock.now();
  return {
    host,
    clock,
    sent,
    store: documents,
    pass: async (channels: readonly Channel[] = [channel]) => {
      await look({ host: service, store: documents, endingSeconds: 86_400, now }, signal);
      await deliver(documents, channels, silentLog(), signal);
    },
  };
}

const KIB = 1024n;

describe('a look at the host', () => {
  it('tells each change once, with the numbers, and nothing while all stays as it is', async () => {
    const { host, clock, sent, pass } = rig();
    const ends = Math.floor(clock.now().getTime() / 1000) + 200_000;
    host.change('-u', 1000, { blockSoft: 10n, blockHard: 20n, usedBytes: 5n * KIB });
    await pass();
    expect(sent).toEqual([]);
    host.change('-u', 1000, { usedBytes: 15n * KIB, blockGrace: ends });
    await pass();
    await pass();
    expect(sent).toMatchObject([
      {
        event: 'disk_soft_limit_exceeded',
        subject: 'user',
        id: 1000,
        name: 'alice',
        device: '/dev/vdb',
        detail: { block_current: 15_360, block_soft_limit: 10, block_hard_limit: 20, block_time_limit: ends },
      },
    ]);
    host.change('-u', 1000, { usedBytes: 20n * KIB });
    await clock.advance(1000);
    await pass();
    host.change('-u', 1000, { usedBytes: 1n * KIB, blockGrace: 0 });
    await clock.advance(1000);
    await pass();
    expect(sent.map(({ event }) => event)).toEqual([
      'disk_soft_limit_exceeded',
      'disk_hard_limit_reached',
      'disk_back_to_ok',
    ]);
  });

  it('sees ids that no one ordered, groups and directories as well', async () => {
    const { host, sent, pass } = rig();
    for (const flag of ['-u', '-g', '-P'] as const) host.change(flag, 4321, { blockHard: 1n, usedBytes: 4n * KIB });
    await pass();
    expect(sent.map(({ subject, id, name }) => [subject, id, name])).toEqual([
      ['group', 4321, '#4321'],
      ['project', 4321, '#4321'],
      ['user', 4321, '#4321'],
    ]);
  });

  it('goes on with an id whose user was removed, under its number', async () => {
    const { host, sent, pass } = rig();
    host.change('-u', 1000, { blockHard: 1n, usedBytes: 4n * KIB });
    host.removeUser('alice');
    await pass();
    expect(sent).toMatchObject([{ id: 1000, name: '#1000' }]);
  });

  it('is back to ok when the limit goes, and not when the line cannot be read', async () => {
    const { host, sent, pass } = rig();
    host.change('-u', 1000, { blockHard: 1n, usedBytes: 4n * KIB });
    host.change('-u', 1001, { blockHard: 1n, usedBytes: 4n * KIB });
    await pass();
    host.garble(1000);
    host.change('-u', 1001, { blockHard: 0n });
    await pass();
    expect(sent.slice(2).map(({ id, event }) => [id, event])).toEqual([[1001, 'disk_back_to_ok']]);
  });
});

describe('the outbox', () => {
  it('keeps what was not taken until it is, also over a restart', async () => {
    const first = rig();
    first.host.change('-u', 1000, { blockHard: 1n, usedBytes: 4n * KIB });
    const down: Channel = { name: 'test', send: () => Promise.reject(new Error('down')) };
    await first.pass([down]);
    // Another process on the same store and host: nothing changed there, and still it is sent.
    const second = rig(first.store);
    second.host.change('-u', 1000, { blockHard: 1n, usedBytes: 4n * KIB });
    await second.pass();
    await second.pass();
    expect(second.sent.map(({ event }) => event)).toEqual(['disk_hard_limit_reached']);
    expect(await first.store.list('outbox/')).toEqual([]);
  });

  it('does not let one channel hold up another, and sends each event over each once', async () => {
    const { host, sent, store, pass } = rig();
    host.change('-u', 1000, { blockHard: 1n, usedBytes: 4n * KIB });
    const again: QuotaEvent[] = [];
    let isDown = true;
    const flaky: Channel = {
      name: 'flaky',
      send: async (events) => {
        if (isDown) throw new Error('down');
        again.push(...events);
      },
    };
    const good: Channel = { name: 'good', send: async (events) => void sent.push(...events) };
    await pass([flaky, good]);
    isDown = false;
    await pass([flaky, good]);
    await pass([flaky, good]);
    expect([sent.length, again.length]).toEqual([1, 1]);
    expect(await store.list('outbox/')).toEqual([]);
  });

  it('loses nothing when the process ends between any two writes', async () => {
    for (let deaths = 0; deaths < 12; deaths++) {
      const clock = manualClock();
      const store = createMemoryDocuments(clock);
      const received = new Set<string>();
      let left = deaths;
      const mortal: Documents = {
        ...store,
        put: (...args) => (left-- > 0 ? store.put(...args) : Promise.reject(new Error('dead'))),
        delete: (...args) => (left-- > 0 ? store.delete(...args) : Promise.reject(new Error('dead'))),
        batch: (...args) => (left-- > 0 ? store.batch(...args) : Promise.reject(new Error('dead'))),
      };
      const channel: Channel = {
        name: 'test',
        send: async (events) => {
          for (const { id, event } of events) received.add(`${id} ${event}`);
        },
      };
      const prepare = (one: ReturnType<typeof rig>): void => {
        for (const id of [1000, 1001, 1002]) one.host.change('-u', id, { blockHard: 1n, usedBytes: 4n * KIB });
      };
      const dying = rig(mortal);
      prepare(dying);
      await dying.pass([channel]).catch(() => undefined);
      const next = rig(store);
      prepare(next);
      await next.pass([channel]);
      expect([...received].sort(), `after ${deaths} writes`).toEqual(
        [1000, 1001, 1002].map((id) => `${id} disk_hard_limit_reached`),
      );
      expect(await store.list('outbox/')).toEqual([]);
    }
  });

  it('holds an event once, however often it is put there', async () => {
    const { host, store, pass } = rig();
    host.change('-u', 1000, { blockHard: 1n, usedBytes: 4n * KIB });
    const down: Channel = { name: 'test', send: () => Promise.reject(new Error('down')) };
    await pass([down]);
    const before = await store.list('outbox/');
    for (const { key } of await store.list('state/')) await store.delete(key);
    await pass([down]);
    expect(await store.list('outbox/')).toEqual(before);
    expect(before).toMatchObject([{ value: { event: 'disk_hard_limit_reached' } }]);
  });
});
