import { describe, expect, it } from 'vitest';
import { createLog } from '../../src/lib/log.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { createLogShipper, type LogShipper, type ShippedEntry } from '../../src/monitor/log-shipping.ts';
import { type ManualClock, manualClock } from '../fakes/clock.ts';

interface Rig {
  readonly shipper: LogShipper;
  readonly clock: ManualClock;
  readonly shipped: (readonly ShippedEntry[])[];
  answer: () => Promise<boolean>;
}

function create(capacity = 1000): Rig {
  const clock = manualClock();
  const shipped: (readonly ShippedEntry[])[] = [];
  const rig: Rig = {
    clock,
    shipped,
    answer: async () => true,
    shipper: createLogShipper({
      clock,
      intervalMs: 10_000,
      capacity,
      ship: (entries) => {
        shipped.push(entries);
        return rig.answer();
      },
    }),
  };
  return rig;
}

const SIGNAL = new AbortController().signal;
const messages = (batch: readonly ShippedEntry[] | undefined): readonly string[] | undefined =>
  batch?.map(({ message }) => message);

function collect(shipper: LogShipper, count: number, first = 0): void {
  for (let i = first; i < first + count; i++) shipper.collect(`{"msg":"m${i}"}`, 'warn');
}

describe('createLogShipper', () => {
  it('keeps warnings and worse, as the log writes them', async () => {
    const { shipper, clock, shipped } = create();
    const secrets = createSecrets();
    secrets.add('hunter2hunter2');
    const log = createLog({ level: 'debug', clock, secrets, write: (line, level) => shipper.collect(line, level) });
    log.debug({}, 'debug');
    log.info({}, 'info');
    log.warn({ component: 'events' }, 'session ended');
    log.error({ err: new Error('password hunter2hunter2 was refused') }, 'order failed');
    await shipper.flush(SIGNAL);
    expect(shipped).toEqual([
      [
        { time: clock.now(), level: 'warn', message: 'session ended', module: 'events' },
        { time: clock.now(), level: 'error', message: 'order failed: password *** was refused', module: 'daemon' },
      ],
    ]);
  });

  it.each([
    ['not json\n', 'not json'],
    ['[1]', '[1]'],
    ['{"msg":7}', '{"msg":7}'],
    ['', ''],
  ])('takes the line %j as it is', async (line, message) => {
    const { shipper, shipped } = create();
    shipper.collect(line, 'error');
    await shipper.flush(SIGNAL);
    expect(messages(shipped[0])).toEqual([message]);
  });

  it('ships on its interval, in batches of at most 100, until it is stopped', async () => {
    const { shipper, clock, shipped } = create();
    const stop = new AbortController();
    const running = shipper.run(stop.signal);
    collect(shipper, 250);
    await clock.advance(9_999);
    expect(shipped).toEqual([]);
    await clock.advance(1);
    expect(shipped.map((batch) => batch.length)).toEqual([100, 100, 50]);
    await clock.advance(100_000);
    expect(shipped).toHaveLength(3);
    stop.abort(new Error('stop'));
    await running;
    expect(clock.pending()).toBe(0);
  });

  it('tries once per interval while it fails, and loses nothing', async () => {
    const rig = create();
    const stop = new AbortController();
    const running = rig.shipper.run(stop.signal);
    rig.answer = () => Promise.reject(new Error('unreachable'));
    collect(rig.shipper, 150);
    await rig.clock.advance(30_000);
    expect(rig.shipped).toHaveLength(3);
    rig.answer = async () => true;
    await rig.clock.advance(10_000);
    expect(
      rig.shipped
        .slice(3)
        .flat()
        .map(({ message }) => message),
    ).toEqual(Array.from({ length: 150 }, (_, i) => `m${i}`));
    stop.abort(new Error('stop'));
    await running;
  });

  it('drops the oldest, and tells how many', async () => {
    const { shipper, shipped } = create(3);
    collect(shipper, 5);
    await shipper.flush(SIGNAL);
    expect(messages(shipped[0])).toEqual(['2 log entries were dropped before this one', 'm2', 'm3', 'm4']);
    collect(shipper, 1);
    await shipper.flush(SIGNAL);
    expect(messages(shipped[1])).toEqual(['m0']);
  });

  it('counts what it drops while a batch that will fail is on its way', async () => {
    const rig = create(3);
    collect(rig.shipper, 3);
    rig.answer = async () => {
      collect(rig.shipper, 2, 3);
      throw new Error('unreachable');
    };
    await rig.shipper.flush(SIGNAL);
    rig.answer = async () => true;
    await rig.shipper.flush(SIGNAL);
    expect(messages(rig.shipped[1])).toEqual(['2 log entries were dropped before this one', 'm2', 'm3', 'm4']);
  });

  it('never puts more than 100 entries into a batch, the notice included', async () => {
    const { shipper, shipped } = create(100);
    collect(shipper, 101);
    await shipper.flush(SIGNAL);
    expect(shipped.map((batch) => batch.length)).toEqual([100, 1]);
  });

  it('collects nothing more once the server said it takes no logs', async () => {
    const rig = create();
    rig.answer = async () => false;
    collect(rig.shipper, 250);
    await rig.shipper.flush(SIGNAL);
    collect(rig.shipper, 5);
    await rig.shipper.flush(SIGNAL);
    expect(rig.shipped).toHaveLength(1);
  });
});
