import { isAgentError } from '../../../src/lib/errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../../src/lib/json.ts';
import { ID_FIELDS } from '../docker/manager-forms.ts';
import { TIMEOUTS } from '../remote/client.ts';
import type { HostClient } from './hosts.ts';

const QUEUE = 'docker/usage/review-queue';
/** Of one kind, from hosts of other managers. */
const MOST = 100;

/**
 * What is to be decided on a host, item by item as a page shows it. Hosts of other managers want to be asked for one kind at
 * a time, and say less of each.
 *
 * @throws Error for an answer of another kind, so that one host has an error in its place.
 */
export async function reviewOf(client: HostClient, signal: AbortSignal): Promise<Json> {
  let answer: Json;
  try {
    answer = await client.pass({ method: 'GET', path: QUEUE }, TIMEOUTS.quotas, signal);
  } catch (error) {
    if (isAgentError(error) && error.status === 400) return reviewByKind(client, signal);
    throw error;
  }
  if (Array.isArray(answer) && answer.every(isItem)) return answer;
  throw new Error(OTHER);
}

const OTHER = 'the host answered something else than what is to be decided';

function isItem(item: Json): boolean {
  return isJsonObject(item) && ['kind', 'id', 'name', 'reason'].every((key) => typeof item[key] === 'string');
}

async function reviewByKind(client: HostClient, signal: AbortSignal): Promise<Json> {
  const all: Json[] = [];
  for (const kind of ['container', 'image', 'volume'] as const) {
    const query = { entity_type: kind, page_size: MOST };
    const answer = await client.pass({ method: 'GET', path: QUEUE, query }, TIMEOUTS.quotas, signal);
    const items = isJsonObject(answer) ? answer['items'] : undefined;
    if (!Array.isArray(items)) throw new Error(OTHER);
    for (const item of items as readonly Json[]) all.push(itemOf(kind, item));
  }
  return all;
}

function itemOf(kind: keyof typeof ID_FIELDS, item: Json): JsonObject {
  const fields = isJsonObject(item) ? item : {};
  const id = fields[ID_FIELDS[kind]];
  if (typeof id !== 'string') throw new Error(OTHER);
  return {
    kind: kind === 'image' ? 'layer' : kind,
    id,
    name: kind === 'volume' ? id : '',
    ...(kind === 'image' && { image: id }),
    size_bytes: null,
    uid: fields['uid'] ?? fields['puller_uid'] ?? null,
    host_user_name: fields['host_user_name'] ?? fields['puller_host_user_name'] ?? null,
    attribution: null,
    needs_review: true,
    counts_for_limit: true,
    label: null,
    conflict: null,
    evidence: null,
    reason: 'unresolved-events',
    nearby_socket_uses: [],
  };
}

/** A decision in the words of both kinds of hosts; those of other managers want the uid, too. */
export async function decisionFor(
  client: HostClient,
  body: Json | undefined,
  signal: AbortSignal,
): Promise<Json | undefined> {
  if (!isJsonObject(body)) return body;
  const { kind, id, host_user_name: name } = body;
  if (typeof kind !== 'string' || typeof id !== 'string' || !Object.hasOwn(ID_FIELDS, kind)) return body;
  const both = { ...body, entity_type: kind, [ID_FIELDS[kind as keyof typeof ID_FIELDS]]: id };
  if (typeof name !== 'string' || body['uid'] !== undefined) return both;
  const query = { username: name };
  const user = await client.pass({ method: 'GET', path: 'users/resolve', query }, TIMEOUTS.resolve, signal);
  const uid = isJsonObject(user) ? user['uid'] : undefined;
  return uid === undefined ? both : { ...both, uid };
}
