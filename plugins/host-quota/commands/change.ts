import { toAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { CommandCall, JsonSchema } from '../../../src/plugin/contract.ts';
import { emptyRow } from '../devices/limits.ts';
import type { Limits, Subject } from '../devices/types.ts';
import type { Written } from '../devices/writer.ts';
import { unknownUser } from '../errors.ts';
import { createRemoteSite } from '../remote/remote-site.ts';
import type { Settings } from '../settings.ts';
import { parseCount, parseSpace } from './amount.ts';
import { type Opened, withHost } from './open.ts';
import { tableOf } from './rows.ts';
import { writeJson, writeTable } from './table.ts';
import { parseWho, type Who } from './who.ts';

/** Commands that change limits, after they were shown and agreed to. */

type Call = CommandCall<Settings>;

export function set(call: Call): Promise<number> {
  const who = parseWho(call.positionals[0] ?? '');
  const limits = limitsIn(call.values);
  return withHost(call, async (opened) => {
    const name = call.values.get('device') ?? opened.deps.settings.device;
    const change = { who, device: name, limits };
    const { id, before, device } = await find(opened, change, call.signal);
    const line = (row: typeof before) => ({ device, subject: who.subject, name: String(who.key), row });
    const after = { ...before, ...limits };
    const now = opened.deps.clock.now();
    if (!call.flags.has('json')) {
      const [header, from] = tableOf([line(before)], now);
      const [, to] = tableOf([line(after)], now);
      writeTable(call.stdout, [
        ['', ...(header ?? [])],
        ['before', ...(from ?? [])],
        ['after', ...(to ?? [])],
      ]);
    }
    if (!(await isAgreed(call, `Set these limits on ${opened.remote?.id ?? opened.deps.hostId}?`))) return 1;
    const written = await write(opened, change, id, call.signal);
    if (call.flags.has('json')) writeJson(call.stdout, { changed: written.changed, id, device: device.name });
    else call.stdout.write(written.changed ? 'Set, and read back.\n' : 'It was so already.\n');
    return 0;
  });
}

const BATCH: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['quotas'],
  properties: {
    device: { type: 'string' },
    quotas: {
      type: 'array',
      items: {
        type: 'object',
        additionalProperties: false,
        required: ['who'],
        properties: {
          who: { type: ['string', 'integer'] },
          device: { type: 'string' },
          space: { type: ['string', 'integer'] },
          soft: { type: ['string', 'integer'] },
          inodes: { type: ['string', 'integer'] },
        },
      },
    },
  },
};

export async function batch(call: Call): Promise<number> {
  const document = await call.document(call.positionals[0] ?? '', BATCH);
  return withHost(call, async (opened) => {
    const fallback = textOf(document['device']) ?? opened.deps.settings.device;
    const quotas = Array.isArray(document['quotas']) ? document['quotas'].filter(isJsonObject) : [];
    const changes = quotas.map((quota) => changeIn(quota, fallback));
    if (!(await isAgreed(call, `Set the limits of ${changes.length} on ${opened.remote?.id ?? opened.deps.hostId}?`)))
      return 1;
    const settled = await Promise.allSettled(
      changes.map(async (change) => write(opened, change, (await find(opened, change, call.signal)).id, call.signal)),
    );
    const errors = settled.flatMap((one, index) =>
      one.status === 'fulfilled'
        ? []
        : [{ who: String(changes[index]?.who.key), error: toAgentError(one.reason).message }],
    );
    const changed = settled.filter((one) => one.status === 'fulfilled' && one.value.changed).length;
    if (call.flags.has('json')) writeJson(call.stdout, { total: changes.length, changed, errors });
    else {
      call.stdout.write(`${changed} of ${changes.length} changed.\n`);
      for (const { who, error } of errors) call.stderr.write(`${who}: ${error}\n`);
    }
    return errors.length === 0 ? 0 : 1;
  });
}

/** Lets an order limit the existing user that it names. */
export function approve(call: Call): Promise<number> {
  return withHost(call, async ({ deps }) => {
    const wanted = call.positionals[0];
    const waiting = (await deps.registry.all()).filter(({ requestedAt }) => requestedAt !== undefined);
    const found = waiting.filter(
      ({ resource, name }) => wanted === undefined || resource === wanted || name === wanted,
    );
    if (wanted === undefined || found.length !== 1) {
      writeTable(call.stdout, [
        ['USER', 'RESOURCE', 'SINCE'],
        ...found.map((one) => [one.name, one.resource, one.requestedAt ?? '']),
      ]);
      return wanted === undefined ? 0 : 1;
    }
    const [record] = found;
    if (
      record === undefined ||
      !(await isAgreed(call, `Let resource ${record.resource} limit the user ${record.name}?`))
    )
      return 1;
    await deps.registry.update(record, (now) => {
      if (now === undefined) return undefined;
      const { requestedAt: _, ...rest } = now;
      return rest;
    });
    call.stdout.write('The limits are set within a minute, when the agent looks at the order again.\n');
    return 0;
  });
}

interface Change {
  readonly who: Who;
  readonly device: string;
  readonly limits: Partial<Limits>;
}

async function find({ deps, host, remote }: Opened, { who, device: name }: Change, signal: AbortSignal) {
  if (remote !== undefined) {
    const site = createRemoteSite(remote, name);
    const id = await idOf(who, (key) => site.resolve(who.subject, key, signal));
    const { rows } = await site.rows(who.subject, signal);
    return { id, device: await site.device(signal), before: rows.find((row) => row.id === id) ?? emptyRow(id) };
  }
  const device = await host.devices.find(name, signal);
  const resolve = async (key: string): Promise<number | undefined> =>
    who.subject === 'group' ? (await host.names.group(key, signal))?.gid : (await host.names.user(key, signal))?.uid;
  const id = await idOf(who, resolve);
  const { rows } = await host.devices.rows(device, who.subject, signal);
  deps.log.debug({ id, device: device.name }, 'limits are about to be set');
  return { id, device, before: rows.find((row) => row.id === id) ?? emptyRow(id) };
}

async function idOf({ key }: Who, resolve: (name: string) => Promise<number | undefined>): Promise<number> {
  const id = typeof key === 'number' ? key : await resolve(key);
  if (id === undefined) throw unknownUser(String(key));
  return id;
}

async function write({ host, remote }: Opened, change: Change, id: number, signal: AbortSignal): Promise<Written> {
  const { who, device: name, limits } = change;
  if (remote !== undefined) return createRemoteSite(remote, name).write(who.subject, id, limits, signal);
  const device = await host.devices.find(name, signal);
  return host.devices.write({ device, subject: who.subject as Subject, id, limits }, signal);
}

export function limitsIn(values: ReadonlyMap<string, string>): Partial<Limits> {
  const [space, soft, inodes] = [values.get('space'), values.get('soft'), values.get('inodes')];
  return {
    ...(space !== undefined && { blockHard: parseSpace('space', space) }),
    ...(soft !== undefined && { blockSoft: parseSpace('soft', soft) }),
    ...(inodes !== undefined && { inodeHard: parseCount('inodes', inodes) }),
  };
}

function changeIn(quota: JsonObject, fallback: string): Change {
  const values = new Map<string, string>();
  for (const key of ['space', 'soft', 'inodes']) {
    const text = textOf(quota[key]);
    if (text !== undefined) values.set(key, text);
  }
  return {
    who: parseWho(textOf(quota['who']) ?? ''),
    device: textOf(quota['device']) ?? fallback,
    limits: limitsIn(values),
  };
}

function textOf(value: Json | undefined): string | undefined {
  return typeof value === 'string' || typeof value === 'number' ? String(value) : undefined;
}

export async function isAgreed(call: Call, question: string): Promise<boolean> {
  if (call.flags.has('yes')) return true;
  const answer = await call.confirm(question);
  if (answer === undefined) call.stderr.write('There is no terminal to ask: add --yes.\n');
  return answer === true;
}
