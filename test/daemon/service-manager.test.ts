import { chmodSync, closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createServiceManager, type ServiceManager } from '../../src/daemon/service-manager.ts';
import { manualClock } from '../fakes/clock.ts';

const PID = 4242;
let folder: string;
let errors: Error[];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'notify-'));
  errors = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

function create(env: Record<string, string>): ServiceManager {
  return createServiceManager({ env, pid: PID, monotonicUs: () => 77n, onError: (error) => errors.push(error) });
}

/** A file in the place of the socket: what is written is what systemd would get. */
function withDescriptor(env: Record<string, string>, use: (service: ServiceManager) => void): string {
  const path = join(folder, 'socket');
  const fd = openSync(path, 'w');
  const names = [...Array<string>(fd - 3).fill('other'), 'notify'].join(':');
  use(create({ NOTIFY_SOCKET: '/run/systemd/notify', LISTEN_PID: String(PID), LISTEN_FDNAMES: names, ...env }));
  closeSync(fd);
  return readFileSync(path, 'utf8');
}

describe('over the descriptor systemd passed', () => {
  it.each<[string, (service: ServiceManager) => void, string]>([
    ['ready', (service) => service.ready('2/2 connected'), 'READY=1\nSTATUS=2/2 connected'],
    ['reloading', (service) => service.reloading(), 'RELOADING=1\nMONOTONIC_USEC=77'],
    ['stopping', (service) => service.stopping('draining'), 'STOPPING=1\nSTATUS=draining'],
    ['status', (service) => service.status('idle'), 'STATUS=idle'],
    [
      'a status once, until another one was shown',
      (service) => {
        for (const text of ['a', 'a', 'b']) service.status(text);
        service.ready('c');
        for (const text of ['c', 'a']) service.status(text);
      },
      'STATUS=aSTATUS=bREADY=1\nSTATUS=cSTATUS=a',
    ],
    ['a status of two lines', (service) => service.status('a\r\nREADY=1'), 'STATUS=a READY=1'],
  ])('%s', (_, use, expected) => {
    expect(withDescriptor({}, use)).toBe(expected);
  });

  it('reports a descriptor that does not work, and goes on', () => {
    create({ NOTIFY_SOCKET: 'x', LISTEN_PID: String(PID), LISTEN_FDNAMES: `${'o:'.repeat(5000)}notify` }).status(
      'idle',
    );
    expect(errors).toHaveLength(1);
  });

  it('pings the watchdog at half its time, only while alive, until stopped', async () => {
    const clock = manualClock();
    let alive = true;
    const path = join(folder, 'watchdog');
    const fd = openSync(path, 'w');
    const names = [...Array<string>(fd - 3).fill('other'), 'notify'].join(':');
    const service = create({
      NOTIFY_SOCKET: 'x',
      LISTEN_PID: String(PID),
      LISTEN_FDNAMES: names,
      WATCHDOG_USEC: '60000000',
      WATCHDOG_PID: String(PID),
    });
    const pings = (): number => readFileSync(path, 'utf8').split('WATCHDOG=1').length - 1;
    const stop = service.keepWatchdog(clock, () => alive);
    await clock.advance(60_000);
    expect(pings()).toBe(3);
    alive = false;
    await clock.advance(60_000);
    expect(pings()).toBe(3);
    alive = true;
    await clock.advance(30_000);
    expect(pings()).toBe(4);
    stop();
    await clock.advance(60_000);
    expect([pings(), clock.pending()]).toEqual([4, 0]);
    closeSync(fd);
  });
});

describe('without a descriptor', () => {
  /** Stands in for systemd-notify(1): records its arguments, one line per call, slower the first time. */
  function withHelper(script: string): Record<string, string> {
    const path = join(folder, 'systemd-notify');
    writeFileSync(path, `#!/bin/sh\n${script}\n`);
    chmodSync(path, 0o755);
    return { NOTIFY_SOCKET: '/run/systemd/notify', PATH: `${folder}:/usr/bin:/bin`, OUT: join(folder, 'out') };
  }

  it('calls systemd-notify, in order', async () => {
    const env = withHelper('[ -e "$OUT" ] || sleep 0.1; echo "$*" >>"$OUT"');
    const service = create(env);
    service.reloading();
    service.ready('reloaded');
    await expect
      .poll(() => readFileSync(join(folder, 'out'), { encoding: 'utf8', flag: 'a+' }))
      .toBe('RELOADING=1 MONOTONIC_USEC=77\nREADY=1 STATUS=reloaded\n');
    expect(errors).toEqual([]);
  });

  it('ignores descriptors meant for another process', async () => {
    const env = withHelper('echo "$*" >>"$OUT"');
    expect(withDescriptor({ ...env, LISTEN_PID: '1' }, (service) => service.status('idle'))).toBe('');
    await expect.poll(() => readFileSync(join(folder, 'out'), { encoding: 'utf8', flag: 'a+' })).toBe('STATUS=idle\n');
  });

  it('reports a helper that fails or is missing, and goes on', async () => {
    create(withHelper('exit 3')).status('idle');
    await expect.poll(() => errors.length).toBe(1);
    create({ NOTIFY_SOCKET: 'x', PATH: '/nonexistent' }).status('idle');
    await expect.poll(() => errors.length).toBe(2);
  });
});

describe('without systemd', () => {
  it('does nothing', () => {
    const service = create({ LISTEN_PID: String(PID), LISTEN_FDNAMES: 'notify', WATCHDOG_USEC: '0' });
    service.ready('running');
    service.reloading();
    service.stopping('bye');
    expect(errors).toEqual([]);
  });

  it.each<[string, Record<string, string>]>([
    ['no watchdog is armed', {}],
    ['the watchdog is for another process', { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }],
    ['the time is no number', { WATCHDOG_USEC: 'soon' }],
  ])('sets no timer when %s', (_, env) => {
    const clock = manualClock();
    create(env).keepWatchdog(clock, () => true)();
    expect(clock.pending()).toBe(0);
  });
});
