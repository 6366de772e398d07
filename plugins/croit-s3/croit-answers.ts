import { AgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import { answerError, badAnswer, inWords, isMissingRoute } from '../../src/lib/http-errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { Bucket, User } from './client.ts';
import { readInteger, readObjects, readText } from './decode.ts';
import { CODES, type Refusal, refusal, sayingOf } from './errors.ts';
import type { ScopeQuota } from './quota.ts';
import type { Point } from './series.ts';
import type { Settings } from './settings.ts';

/** Who answers, in errors. */
export const PEER = 'croit';

export function uidOf(user: JsonObject): string {
  return readText(user['uid']);
}

/** @throws AgentError transient `CROIT_BAD_ANSWER` when it has no quotas to go by. */
export function readUser(item: JsonObject): User {
  const [user, bucket] = [readQuota(item['userQuota']), readQuota(item['bucketQuota'])];
  if (user === undefined || bucket === undefined)
    throw badAnswer(PEER, { operation: 'users.list' }, 'a user without quotas');
  return {
    account: uidOf(item),
    name: readText(item['name']),
    email: readText(item['email']),
    suspended: item['suspended'] === true,
    quotas: { user, bucket },
    placement: readText(item['defaultPlacement']),
    storageClass: readText(item['defaultStorageClass']),
  };
}

function readQuota(value: Json | undefined): ScopeQuota | undefined {
  if (!isJsonObject(value) || typeof value['enabled'] !== 'boolean') return undefined;
  const [maxSize, maxObjects] = [readLimit(value['maxSize']), readLimit(value['maxObjects'])];
  if (maxSize === undefined || maxObjects === undefined) return undefined;
  return { enabled: value['enabled'], maxSize, maxObjects };
}

/** What is not said is not limited. */
function readLimit(value: Json | undefined): bigint | undefined {
  return value === undefined || value === null ? -1n : readInteger(value);
}

/** @throws AgentError transient for a list with anything in it that cannot be read: a sum of the rest would be wrong. */
export function readBuckets(answer: Json | undefined): readonly Bucket[] {
  const buckets = readObjects(answer)?.map(readBucket);
  if (buckets === undefined || buckets.includes(undefined)) {
    throw badAnswer(PEER, { operation: 'buckets.list' }, 'something that is no list of buckets');
  }
  return buckets.filter((bucket) => bucket !== undefined);
}

/** Statistics of a new bucket are null for a while. */
function readBucket(item: JsonObject): Bucket | undefined {
  const { bucket: name, usageSum } = item;
  if (typeof name !== 'string') return undefined;
  if (usageSum === undefined || usageSum === null) return { name, bytes: 0n, objects: 0n };
  if (!isJsonObject(usageSum)) return undefined;
  const [bytes, objects] = [readInteger(usageSum['size']), readInteger(usageSum['numObjects'])];
  return bytes === undefined || objects === undefined ? undefined : { name, bytes, objects };
}

/** The only graph of the only axis; empty when croit has recorded nothing. */
export function readSeries(answer: Json | undefined): readonly Point[] {
  const axis = isJsonObject(answer) ? answer['axis1'] : undefined;
  const [graph] = (isJsonObject(axis) ? readObjects(axis['graphs']) : undefined) ?? [];
  return (readObjects(graph?.['datapoints']) ?? []).flatMap(({ t, v }) => {
    const seconds = readInteger(t);
    const bytes = readInteger(v);
    return seconds === undefined
      ? []
      : [{ atMs: Number(seconds) * 1000, bytes: bytes !== undefined && bytes < 0n ? undefined : bytes }];
  });
}

/** What croit means by an answer that is no success. */
export function explain(request: HttpRequest, answer: HttpAnswer, settings: Settings, now: Date): AgentError {
  const { operation } = request;
  const { status } = answer;
  const text = sayingOf(answer);
  const refuse = (what: Refusal): AgentError => refusal(PEER, operation, answer, what);
  if (status === 401) return unauthorized(operation, settings);
  if (status === 403) return refuse({ code: CODES.forbidden, disposition: 'operator', hint: RIGHTS });
  if (status === 409 || (status === 500 && /exists/i.test(text))) {
    if (operation === 'users.create') return refuse({ code: CODES.userExists, disposition: 'terminal' });
    if (operation === 'keys.put') return refuse({ code: CODES.keyExists, disposition: 'transient' });
  }
  if (status === 500 && /remove user with buckets/i.test(text)) {
    return refuse({ code: CODES.notEmpty, disposition: 'terminal' });
  }
  if (status === 500 && /unable to find access key/i.test(text))
    return refuse({ code: CODES.keyNotFound, disposition: 'bug' });
  if (status >= 500 || status === 408 || status === 429 || status < 400) {
    return answerError(PEER, request, answer, now, { text: text });
  }
  if (status === 404 && !isMissingRoute(answer) && !['users.list', 'stats.read'].includes(operation)) {
    return refuse({ code: CODES.userNotFound, disposition: 'transient' });
  }
  if (status === 404) return refuse({ code: CODES.api, disposition: 'operator', hint: 'Is api_url the one of croit?' });
  return refuse({ code: CODES.api, disposition: 'bug' });
}

const RIGHTS = 'The token or user needs a role in croit that manages S3 users.';

function unauthorized(operation: string, { token }: Settings): AgentError {
  const [what, hint] =
    token === undefined
      ? ['user name and password: check both', 'Set username and password of a user of croit.']
      : ['API token: check that it is valid and not expired', 'Make a new token in croit and set it as token.'];
  return new AgentError(`${inWords(operation)}: croit rejected the ${what}`, {
    code: CODES.authentication,
    disposition: 'operator',
    hint,
    status: 401,
  });
}
