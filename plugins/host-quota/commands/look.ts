import type { CommandCall } from '../../../src/plugin/contract.ts';
import { pingAll } from '../central/hosts.ts';
import { listNotifications } from '../central/receive.ts';
import type { Device } from '../devices/types.ts';
import type { Settings } from '../settings.ts';
import { type Opened, withHost } from './open.ts';
import { isLimited, jsonOf, type Line, linesOf, lostOf, sayLost, tableOf } from './rows.ts';
import { writeJson, writeTable } from './table.ts';
import { parseWho } from './who.ts';

/** Commands that change nothing. */

type Call = CommandCall<Settings>;

export function hosts(call: Call): Promise<number> {
  return withHost(call, async ({ deps }) => {
    const remote = await pingAll(deps.remotes, deps.clock, call.signal);
    const all = { [deps.hostId]: { status: 'here' }, ...remote };
    if (call.flags.has('json')) writeJson(call.stdout, all);
    else {
      const rows = Object.entries(all).map(([id, answer]) => {
        const { status = '', latency_ms: ms, error = '' } = answer as Record<string, string | number>;
        return [id, String(status), ms === undefined ? String(error) : `${ms} ms`];
      });
      writeTable(call.stdout, [['HOST', 'STATUS', ''], ...rows]);
    }
    return Object.values(remote).every((answer) => (answer as Record<string, unknown>)['status'] === 'ok') ? 0 : 1;
  });
}

export function devices(call: Call): Promise<number> {
  return withHost(call, async ({ host, remote }) => {
    const { found, lost } = await devicesOf({ host, remote }, call.signal);
    const rows = found.map(({ name, fstype, mountPoints, subjects }) => [
      name,
      fstype,
      mountPoints.join(','),
      subjects.join(',') || 'off',
    ]);
    if (call.flags.has('json')) {
      writeJson(
        call.stdout,
        found.map(({ name, fstype, mountPoints, subjects, options }) => ({
          name,
          fstype,
          mount_points: mountPoints,
          subjects,
          options,
        })),
      );
    } else writeTable(call.stdout, [['DEVICE', 'TYPE', 'MOUNTED AT', 'LIMITS'], ...rows]);
    return sayLost(call.stderr, lost);
  });
}

/** What can be listed, and what cannot. */
export async function devicesOf(
  { host, remote }: Pick<Opened, 'host' | 'remote'>,
  signal: AbortSignal,
): Promise<{ readonly found: readonly Device[]; readonly lost: readonly string[] }> {
  if (remote !== undefined) {
    const all = await remote.client.devices(signal);
    const found = all.filter(({ unavailable }) => unavailable === undefined).map(({ device }) => device);
    return { found, lost: lostOf(all) };
  }
  const { devices: found, unlisted } = await host.devices.list(signal);
  return { found, lost: unlisted.map(({ kind, error }) => `${kind}: ${error.message}`) };
}

export function list(call: Call): Promise<number> {
  const device = call.values.get('device');
  const isChosen = (line: Line): boolean => isLimited(line) && (device === undefined || isOn(line, device));
  return print(call, isChosen);
}

export function show(call: Call): Promise<number> {
  const { subject, key } = parseWho(call.positionals[0] ?? '');
  return print(call, (line) => line.subject === subject && (line.row.id === key || line.name === key));
}

function print(call: Call, isChosen: (line: Line) => boolean): Promise<number> {
  return withHost(call, async (opened) => {
    const { lines: all, lost } = await linesOf(opened, call.signal);
    const lines = all.filter(isChosen);
    const now = opened.deps.clock.now();
    if (call.flags.has('json')) writeJson(call.stdout, jsonOf(lines, now));
    else writeTable(call.stdout, tableOf(lines, now));
    return sayLost(call.stderr, lost);
  });
}

export function isOn({ device }: Line, name: string): boolean {
  return device.name === name || device.mountPoints.includes(name);
}

export function events(call: Call): Promise<number> {
  return withHost(call, async ({ deps }) => {
    const waiting = (await deps.store.list('outbox/')).map(({ value }) => value);
    const received = await listNotifications(deps.store);
    if (call.flags.has('json')) writeJson(call.stdout, { waiting, received });
    else {
      const text = (value: unknown): string => (typeof value === 'string' ? value : '');
      const rows = [...waiting, ...received].map((event) => {
        const { event: type, event_type, name, host_user_name, device, at, host_id } = event as Record<string, unknown>;
        const when = typeof at === 'number' ? new Date(at * 1000).toISOString() : text(at);
        return [
          when,
          text(host_id ?? deps.hostId),
          text(name ?? host_user_name),
          text(device),
          text(type ?? event_type),
        ];
      });
      writeTable(call.stdout, [['AT', 'HOST', 'USER', 'DEVICE', 'EVENT'], ...rows]);
    }
    if (!deps.store.isDurable)
      call.stderr.write('Without a durable `state` in the configuration events are forgotten with the agent.\n');
    return 0;
  });
}
