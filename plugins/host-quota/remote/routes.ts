import { isAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { Route, RouteRequest } from '../../../src/plugin/contract.ts';
import type { Device, Limits } from '../devices/types.ts';
import type { Docker } from '../docker/docker.ts';
import { dockerRoutes } from '../docker/routes.ts';
import { runBatch } from '../host/batch.ts';
import { readDefaults, writeDefaults } from '../host/defaults.ts';
import type { HostService } from '../host/service.ts';
import { openApi } from '../openapi.ts';
import { readId } from '../tools/parsed.ts';
import type { Guard } from './auth.ts';
import { badRequest, type Handler, type Refusal, refuse, wordFailure } from './reply.ts';
import { formatDevice, formatQuota, limitFields } from './wire.ts';

const BASE = '/remote-api';

/** The remote API of a host, for a central agent or another manager. */
export function createHostRoutes(host: HostService, guard: Guard, docker?: Docker): readonly Route[] {
  const route = (method: Route['method'], path: string, handle: Handler): Route => ({
    method,
    path: BASE + path,
    role: 'own',
    handle: async (request, signal) => {
      const verdict = guard.basic(request.headers['authorization'], request.remoteAddress);
      if (verdict !== 'ok') return refuse(verdict);
      try {
        return { status: 200, body: await handle(request, signal) };
      } catch (error) {
        signal.throwIfAborted();
        return wordFailure(error);
      }
    },
  });
  return [
    {
      method: 'GET',
      path: `${BASE}/openapi.json`,
      role: 'public',
      handle: async () => ({ status: 200, body: openApi as unknown as Json }),
    },
    route('GET', '/ping', async () => ({ status: 'ok' })),
    route('GET', '/users', async (_, signal) => [...new Set((await host.users(signal)).map(({ name }) => name))]),
    route('GET', '/users/resolve', (request, signal) => resolve(host, request, signal)),
    route('GET', '/quotas', async (_, signal) => (await host.list(signal)).map(formatDevice)),
    route('GET', '/quotas/users/by-name/:name', async ({ params }, signal) => {
      const user = await host.names.user(params['name'] ?? '', signal);
      if (user === undefined) throw notFound(params['name'] ?? '');
      return (await host.ofUser(user.uid, signal)).map(formatDevice);
    }),
    route('GET', '/quotas/users/:uid', async ({ params }, signal) => {
      return (await host.ofUser(uidOf(params), signal)).map(formatDevice);
    }),
    route('PUT', '/quotas/users/:uid', async ({ params, query, body }, signal) => {
      const device = await deviceOf(host, query.get('device'), signal);
      const limits = readLimits(body);
      return formatQuota(await host.set(uidOf(params), device, limits, signal), 'uid');
    }),
    route('GET', '/quotas/defaults', async ({ query }, signal) => {
      const device = await deviceOf(host, query.get('device'), signal);
      const limits = await readDefaults(host, device);
      return limits === undefined ? null : { device_name: device.name, ...limitFields(limits) };
    }),
    route('PUT', '/quotas/defaults', async ({ query, body }, signal) => {
      const device = await deviceOf(host, query.get('device'), signal);
      const { blockSoft = 0n, blockHard = 0n, inodeSoft = 0n, inodeHard = 0n } = readLimits(body);
      const limits = { blockSoft, blockHard, inodeSoft, inodeHard };
      await writeDefaults(host, device, limits);
      return { device_name: device.name, ...limitFields(limits) };
    }),
    route('POST', '/quotas/batch', (request, signal) => batch(host, request, signal)),
    ...dockerRoutes(route, docker),
  ];
}

async function resolve(host: HostService, { query }: RouteRequest, signal: AbortSignal): Promise<JsonObject> {
  const name = query.get('username')?.trim() ?? '';
  if (name === '') throw badRequest('username is required');
  const user = await host.names.user(name, signal);
  if (user === undefined) throw notFound(name);
  return { uid: user.uid, name: user.name };
}

async function batch(host: HostService, { body }: RouteRequest, signal: AbortSignal): Promise<Json> {
  const {
    device: name,
    preserve_if_nonzero: nonzero = false,
    preserve_if_usage_exceeds: exceeds = false,
  } = isJsonObject(body) ? body : {};
  if (typeof name !== 'string') throw badRequest('Invalid request: device is required');
  if (typeof nonzero !== 'boolean' || typeof exceeds !== 'boolean')
    throw badRequest('Invalid request: preserve_* must be true or false');
  const limits = readLimits(body, 'Invalid request: ');
  const device = await find(host, name, signal);
  if (device === undefined) {
    const users = await host.users(signal);
    const errors = users.map(({ uid }) => `uid=${uid}: device not recognized: ${name.slice(0, 80)}`);
    return { total_users: users.length, updated_users: 0, skipped_users: 0, errors };
  }
  const request = { device, limits, preserveIfNonzero: nonzero, preserveIfUsageExceeds: exceeds };
  return { ...(await runBatch(host, request, signal)) };
}

async function deviceOf(host: HostService, name: string | null, signal: AbortSignal): Promise<Device> {
  if (name === null || name === '') throw badRequest('device is required');
  const device = await find(host, name, signal);
  if (device === undefined) throw badRequest(`device not recognized: ${name.slice(0, 80)}`);
  return device;
}

async function find({ devices }: HostService, name: string, signal: AbortSignal): Promise<Device | undefined> {
  try {
    return await devices.find(name, signal);
  } catch (error) {
    if (isAgentError(error) && error.code === 'HOST_QUOTA_NO_DEVICE') return undefined;
    throw error;
  }
}

/** The limits in a body: whole numbers from 0, in KiB and inodes; null and what is missing keep what is there. */
export function readLimits(body: Json | undefined, before = ''): Partial<Limits> {
  if (!isJsonObject(body)) throw badRequest(`${before}the body must be an object`);
  const limits: Partial<Record<keyof Limits, bigint>> = {};
  for (const [field, key] of FIELDS) {
    const value = body[field];
    if (value === undefined || value === null) continue;
    if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0) {
      throw badRequest(`${before}${field} must be a whole number from 0, or null`);
    }
    limits[key] = BigInt(value);
  }
  return limits;
}

const FIELDS = [
  ['block_hard_limit', 'blockHard'],
  ['block_soft_limit', 'blockSoft'],
  ['inode_hard_limit', 'inodeHard'],
  ['inode_soft_limit', 'inodeSoft'],
] as const;

function uidOf(params: RouteRequest['params']): number {
  const uid = readId(params['uid']);
  if (uid === undefined) throw badRequest('the uid must be a number');
  return uid;
}

function notFound(name: string): Refusal {
  return badRequest(`user not found: ${name.slice(0, 255)}`, 404);
}
