import { isAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { Route, RouteRequest } from '../../../src/plugin/contract.ts';
import { badRequest, type Handler, Refusal } from '../remote/reply.ts';
import type { Docker, View } from './docker.ts';
import { formatDetail, formatEvent, formatParts, formatReview, formatUsers } from './format.ts';
import {
  formatContainers,
  formatEventsOf,
  formatImages,
  formatOne,
  formatQueue,
  formatVolumes,
  ID_FIELDS,
  type Paging,
} from './manager-forms.ts';
import { namesIn } from './names-in.ts';
import { findObject, removeOverride, setOverride, type Target } from './override.ts';
import { reviewQueue } from './ownership/review.ts';
import type { ObjectKind } from './ownership/types.ts';

type MakeRoute = (method: Route['method'], path: string, handle: Handler) => Route;
type Answer = (docker: Docker, request: RouteRequest, signal: AbortSignal) => Promise<Json>;

/**
 * `docker/…` of the remote API. Where Docker is not looked at, lists are refused with 400 and `docker/usage/…` is empty, as
 * other managers answer; an engine that does not answer is 502. `docker/usage/…` with `entity_type` is about objects of one
 * kind, in the form of other managers; without it about everything, in ours.
 */
export function dockerRoutes(route: MakeRoute, docker: Docker | undefined): readonly Route[] {
  const on = (
    method: Route['method'],
    path: string,
    answer: Answer,
    whenOff?: (query: URLSearchParams) => Json,
  ): Route =>
    route(method, `/docker/${path}`, async (request, signal) => {
      if (docker === undefined) {
        if (whenOff !== undefined) return whenOff(request.query);
        throw badRequest('Docker quotas are not enabled');
      }
      try {
        return await answer(docker, request, signal);
      } catch (error) {
        throw word(error);
      }
    });
  return [
    on('GET', 'containers', (one, _, signal) => listOf(one, formatContainers, signal)),
    on('GET', 'volumes', (one, _, signal) => listOf(one, formatVolumes, signal)),
    on('GET', 'images', (one, _, signal) => listOf(one, formatImages, signal)),
    on('GET', 'inspect', (one, request, signal) => inspect(one, request, signal)),
    on('GET', 'usage/attribution-detail', detail, (query) =>
      isAboutOne(query)
        ? { auto: null, override: null }
        : { users: [], unattributed: null, other_bytes: null, items: [] },
    ),
    on('GET', 'usage/review-queue', review, (query) =>
      isAboutOne(query) ? formatQueue([], kindIn(query.get('entity_type') ?? ''), pagingIn(query), String) : [],
    ),
    on('GET', 'usage/events', events, (query) => (isAboutOne(query) ? formatEventsOf([], '') : [])),
    on('POST', 'usage/attribute', async (one, { body }, signal) => {
      const fields = isJsonObject(body) ? body : {};
      const target = await targetIn(one, fields, signal);
      const uid = await uidIn(one, fields, signal);
      await setOverride(one, target, uid, 'api');
      return { status: 'ok', ...target, uid };
    }),
    on('DELETE', 'usage/attribute', async (one, { body, query }, signal) => {
      const target = await targetIn(one, isJsonObject(body) ? body : Object.fromEntries(query), signal);
      await removeOverride(one, target);
      return { status: 'ok', ...target, uid: null };
    }),
  ];
}

async function listOf(docker: Docker, format: typeof formatContainers, signal: AbortSignal): Promise<Json> {
  const view = await decided(docker, signal);
  return format(view, await namesIn(docker, view, signal));
}

/** What is known of one object: of an image the layers that came with it. */
async function inspect(docker: Docker, { query }: RouteRequest, signal: AbortSignal): Promise<Json> {
  const asked = kindIn(query.get('kind') ?? '');
  const text = query.get('id') ?? '';
  if (text === '') throw badRequest('id is required');
  const view = await decided(docker, signal);
  const { kind, id } = findObject(view, asked, text);
  const nameOf = await namesIn(docker, view, signal);
  const items = view.items.filter((item) =>
    kind === 'image' ? item.image === id : item.kind === kind && item.id === id,
  );
  const details = items.map((item) => formatDetail(item, nameOf));
  return { inspect: kind === 'image' ? { kind, id, layers: details } : (details[0] ?? {}) };
}

async function detail(docker: Docker, { query }: RouteRequest, signal: AbortSignal): Promise<Json> {
  const view = await decided(docker, signal);
  const nameOf = await namesIn(docker, view, signal);
  if (isAboutOne(query)) {
    const { kind, id } = entityIn(view, query);
    return formatOne(view, kind, id, nameOf);
  }
  return {
    users: formatUsers(view, await docker.limits(), nameOf),
    unattributed: formatParts(view.usage.unattributed),
    other_bytes: toNumber(await docker.other(view)),
    items: view.items.map((item) => formatDetail(item, nameOf)),
  };
}

async function review(docker: Docker, { query }: RouteRequest, signal: AbortSignal): Promise<Json> {
  const view = await decided(docker, signal);
  const nameOf = await namesIn(docker, view, signal);
  const { sockets } = await docker.recentUses(signal);
  const queue = reviewQueue(view.items, sockets);
  return isAboutOne(query)
    ? formatQueue(queue, kindIn(query.get('entity_type') ?? ''), pagingIn(query), nameOf)
    : queue.map((one) => formatReview(one, nameOf));
}

async function events(docker: Docker, { query }: RouteRequest, signal: AbortSignal): Promise<Json> {
  if (!isAboutOne(query)) return docker.recentEvents().map(formatEvent);
  return formatEventsOf(docker.recentEvents(), entityIn(await docker.view(signal), query).id);
}

function isAboutOne(query: URLSearchParams): boolean {
  return query.has('entity_type');
}

function entityIn(view: View, query: URLSearchParams): Target {
  const kind = kindIn(query.get('entity_type') ?? '');
  const id = query.get(ID_FIELDS[kind]) ?? query.get('entity_id');
  if (id === null) throw badRequest(`${ID_FIELDS[kind]} is required`);
  return findObject(view, kind, id);
}

function pagingIn(query: URLSearchParams): Paging {
  const whole = (name: string, fallback: number, most: number): number => {
    const text = query.get(name) ?? String(fallback);
    if (!/^[1-9]\d{0,5}$/.test(text) || Number(text) > most) throw badRequest(`${name} must be a number from 1`);
    return Number(text);
  };
  return { page: whole('page', 1, 999_999), size: whole('page_size', 50, 500) };
}

/** What an operator has just decided shows at once. */
function decided(docker: Docker, signal: AbortSignal): Promise<View> {
  return docker.view(signal, true);
}

async function targetIn(docker: Docker, fields: JsonObject, signal: AbortSignal): Promise<Target> {
  const { kind: given, entity_type: named } = fields;
  const kind = kindIn(typeof given === 'string' ? given : typeof named === 'string' ? named : '');
  const id = fields['id'] ?? fields[ID_FIELDS[kind]];
  if (typeof id !== 'string') throw badRequest('id is required');
  return findObject(await docker.view(signal), kind, id);
}

async function uidIn(docker: Docker, { uid, host_user_name: name }: JsonObject, signal: AbortSignal): Promise<number> {
  const found = typeof name === 'string' ? (await docker.names.user(name, signal))?.uid : uid;
  if (typeof found !== 'number' || !Number.isSafeInteger(found)) {
    throw badRequest(
      typeof name === 'string' ? `user not found: ${name.slice(0, 255)}` : 'uid or host_user_name is required',
    );
  }
  if (!docker.isPerson(found)) throw badRequest(`the uid ${found} is not that of a person`);
  return found;
}

function toNumber(bytes: bigint | undefined): number | null {
  return bytes === undefined ? null : Number(bytes);
}

function kindIn(text: string): ObjectKind {
  if (text === 'container' || text === 'image' || text === 'volume') return text;
  throw badRequest('kind must be container, image or volume');
}

function word(error: unknown): unknown {
  if (!isAgentError(error)) return error;
  if (error.code === 'HOST_QUOTA_DOCKER_DOWN' || error.code === 'DEADLINE') return new Refusal(error.message, 502);
  return error.code === 'HOST_QUOTA_DOCKER_NOT_FOUND' ? new Refusal(error.message, 404) : error;
}
