import { isAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import type { Route, RouteRequest } from '../../../src/plugin/contract.ts';
import { badRequest, type Handler, Refusal } from '../remote/reply.ts';
import type { Docker, View } from './docker.ts';
import {
  formatContainer,
  formatDetail,
  formatEvent,
  formatImages,
  formatParts,
  formatReview,
  formatUsers,
  formatVolume,
} from './format.ts';
import { namesIn } from './names-in.ts';
import { findObject, removeOverride, setOverride, type Target } from './override.ts';
import { reviewQueue } from './ownership/review.ts';
import type { ObjectKind } from './ownership/types.ts';

type MakeRoute = (method: Route['method'], path: string, handle: Handler) => Route;
type Answer = (docker: Docker, request: RouteRequest, signal: AbortSignal) => Promise<Json>;

/**
 * `docker/…` of the remote API. Where Docker is not looked at, lists are refused with 400 and `docker/usage/…` is empty, as
 * other managers answer; an engine that does not answer is 502.
 */
export function dockerRoutes(route: MakeRoute, docker: Docker | undefined): readonly Route[] {
  const on = (method: Route['method'], path: string, answer: Answer, whenOff?: Json): Route =>
    route(method, `/docker/${path}`, async (request, signal) => {
      if (docker === undefined) {
        if (whenOff !== undefined) return whenOff;
        throw badRequest('Docker quotas are not enabled');
      }
      try {
        return await answer(docker, request, signal);
      } catch (error) {
        throw word(error);
      }
    });
  return [
    on('GET', 'containers', (one, _, signal) => listOf(one, 'container', formatContainer, signal)),
    on('GET', 'volumes', (one, _, signal) => listOf(one, 'volume', formatVolume, signal)),
    on('GET', 'images', async (one, _, signal) => {
      const view = await decided(one, signal);
      return formatImages(view, await namesIn(one, view, signal));
    }),
    on('GET', 'inspect', (one, request, signal) => inspect(one, request, signal)),
    on('GET', 'usage/attribution-detail', (one, _, signal) => detail(one, signal), {
      users: [],
      unattributed: null,
      other_bytes: null,
      items: [],
    }),
    on('GET', 'usage/review-queue', (one, _, signal) => review(one, signal), []),
    on('GET', 'usage/events', async (one) => one.recentEvents().map(formatEvent), []),
    on('POST', 'usage/attribute', async (one, { body }, signal) => {
      const fields = isJsonObject(body) ? body : {};
      const target = await targetIn(one, fields, signal);
      const uid = await uidIn(one, fields, signal);
      await setOverride(one, target, uid, 'api');
      return { ...target, uid };
    }),
    on('DELETE', 'usage/attribute', async (one, { body, query }, signal) => {
      const target = await targetIn(one, isJsonObject(body) ? body : Object.fromEntries(query), signal);
      await removeOverride(one, target);
      return { ...target, uid: null };
    }),
  ];
}

async function listOf(
  docker: Docker,
  kind: 'container' | 'volume',
  format: typeof formatContainer,
  signal: AbortSignal,
): Promise<Json> {
  const view = await decided(docker, signal);
  const nameOf = await namesIn(docker, view, signal);
  return view.items.filter((item) => item.kind === kind).map((item) => format(item, nameOf));
}

async function inspect(docker: Docker, { query }: RouteRequest, signal: AbortSignal): Promise<Json> {
  const view = await decided(docker, signal);
  const { kind, id } = findObject(view, kindIn(query.get('kind') ?? 'container'), query.get('id') ?? '');
  const nameOf = await namesIn(docker, view, signal);
  const items = view.items.filter((item) =>
    kind === 'image' ? item.image === id : item.kind === kind && item.id === id,
  );
  if (kind === 'image') {
    const [image = {}] = formatImages(
      { ...view, snapshot: { ...view.snapshot, images: view.snapshot.images.filter((one) => one.id === id) } },
      nameOf,
    );
    return { ...image, brought: items.map((item) => formatDetail(item, nameOf)) };
  }
  const [item] = items;
  return item === undefined
    ? {}
    : { ...formatDetail(item, nameOf), ...(kind === 'container' && formatContainer(item, nameOf)) };
}

async function detail(docker: Docker, signal: AbortSignal): Promise<Json> {
  const view = await decided(docker, signal);
  const nameOf = await namesIn(docker, view, signal);
  return {
    users: formatUsers(view, await docker.limits(), nameOf),
    unattributed: formatParts(view.usage.unattributed),
    other_bytes: toNumber(await docker.other(view)),
    items: view.items.map((item) => formatDetail(item, nameOf)),
  };
}

async function review(docker: Docker, signal: AbortSignal): Promise<Json> {
  const view = await decided(docker, signal);
  const nameOf = await namesIn(docker, view, signal);
  const { sockets } = await docker.recentUses(signal);
  return reviewQueue(view.items, sockets).map((one) => formatReview(one, nameOf));
}

/** What an operator has just decided shows at once. */
function decided(docker: Docker, signal: AbortSignal): Promise<View> {
  return docker.view(signal, true);
}

async function targetIn(docker: Docker, fields: JsonObject, signal: AbortSignal): Promise<Target> {
  const { kind, id } = fields;
  if (typeof kind !== 'string' || typeof id !== 'string') throw badRequest('kind and id are required');
  return findObject(await docker.view(signal), kindIn(kind), id);
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
