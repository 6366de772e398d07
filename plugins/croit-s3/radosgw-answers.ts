import type { AgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import { answerError, badAnswer } from '../../src/lib/http-errors.ts';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import type { Bucket, User } from './client.ts';
import { readInteger, readKeys, readObjects, readText } from './decode.ts';
import { CODES, type Refusal, refusal } from './errors.ts';
import type { ScopeQuota } from './quota.ts';
import type { Settings } from './settings.ts';

/** Who answers, in errors. */
export const PEER = 'RADOS Gateway';

/** A cut-off page is no JSON; one that says there is more and not where is no better. */
export function readPage(answer: Json | undefined): {
  readonly names: readonly string[];
  readonly marker: string | undefined;
} {
  const page = isJsonObject(answer) ? answer : {};
  const names = Array.isArray(page['keys']) ? page['keys'].filter((name) => typeof name === 'string') : undefined;
  const marker = page['truncated'] === true ? readText(page['marker']) : undefined;
  if (names === undefined || marker === '')
    throw badAnswer(PEER, { operation: 'users.list' }, 'something that is no page of users');
  return { names, marker };
}

export function readUser(answer: Json | undefined): User {
  const user = isJsonObject(answer) ? answer : {};
  const [own, bucket] = [readQuota(user['user_quota']), readQuota(user['bucket_quota'])];
  const keys = readKeys(user['keys']);
  const name = readText(user['user_id']);
  if (name === '' || own === undefined || bucket === undefined || keys === undefined) {
    throw badAnswer(PEER, { operation: 'users.get' }, 'something that is no user');
  }
  const tenant = readText(user['tenant']);
  const maxBuckets = readInteger(user['max_buckets']);
  return {
    account: tenant === '' ? name : `${tenant}$${name}`,
    name: readText(user['display_name']),
    email: readText(user['email']),
    suspended: user['suspended'] === 1 || user['suspended'] === true,
    quotas: { user: own, bucket },
    placement: readText(user['default_placement']),
    storageClass: readText(user['default_storage_class']),
    keys,
    ...(maxBuckets !== undefined && { maxBuckets: Number(maxBuckets) }),
  };
}

function readQuota(value: Json | undefined): ScopeQuota | undefined {
  if (!isJsonObject(value) || typeof value['enabled'] !== 'boolean') return undefined;
  const [maxSize, maxObjects] = [readInteger(value['max_size']), readInteger(value['max_objects'])];
  if (maxSize === undefined || maxObjects === undefined) return undefined;
  return { enabled: value['enabled'], maxSize, maxObjects };
}

/** @throws AgentError transient for a list with anything in it that cannot be read: a sum of the rest would be wrong. */
export function readBuckets(answer: Json | undefined): readonly Bucket[] {
  const buckets = readObjects(answer)?.map(readBucket);
  if (buckets === undefined || buckets.includes(undefined)) {
    throw badAnswer(PEER, { operation: 'buckets.list' }, 'something that is no list of buckets');
  }
  return buckets.filter((bucket) => bucket !== undefined);
}

/** An empty bucket has no statistics at all. */
function readBucket(item: JsonObject): Bucket | undefined {
  const { bucket: name, usage } = item;
  if (typeof name !== 'string' || !isJsonObject(usage)) return undefined;
  const main = usage['rgw.main'];
  if (main === undefined) return { name, bytes: 0n, objects: 0n };
  if (!isJsonObject(main)) return undefined;
  const [bytes, objects] = [readInteger(main['size']), readInteger(main['num_objects'])];
  return bytes === undefined || objects === undefined ? undefined : { name, bytes, objects };
}

/** By the code in the answer: its status says less, and now and then something else. */
export function explain(request: HttpRequest, answer: HttpAnswer, settings: Settings, now: Date): AgentError {
  const { operation } = request;
  const code = isJsonObject(answer.body) ? readText(answer.body['Code']) : codeInXml(answer.body);
  const refuse = (what: Refusal): AgentError => refusal(PEER, operation, answer, what);
  switch (code) {
    case 'NoSuchUser':
      return refuse({ code: CODES.userNotFound, disposition: 'transient' });
    case 'NoSuchBucket':
      return refuse({ code: CODES.bucketNotFound, disposition: 'transient' });
    case 'EmailExists':
      return refuse({ code: 'CROIT_S3_EMAIL_TAKEN', disposition: 'terminal', hint: EMAIL });
    case 'UserAlreadyExists':
      return refuse({ code: CODES.userExists, disposition: 'terminal' });
    case 'KeyExists':
      return refuse({ code: CODES.keyExists, disposition: 'transient' });
    case 'BucketAlreadyExists':
      return refuse({ code: CODES.notEmpty, disposition: 'terminal' });
    case 'InvalidAccessKeyId':
      // The answer about a key that is not there, and about our own.
      if (operation === 'keys.delete')
        return refuse({ code: CODES.keyNotFound, disposition: 'operator', hint: ADMIN_KEYS });
      return refuse({ code: CODES.authentication, disposition: 'operator', hint: ADMIN_KEYS });
    case 'SignatureDoesNotMatch':
      return refuse({ code: CODES.authentication, disposition: 'operator', hint: ADMIN_KEYS });
    case 'RequestTimeTooSkewed':
      return refuse({
        code: CODES.authentication,
        disposition: 'operator',
        hint: 'Synchronise the clocks of both machines.',
      });
    case 'UserSuspended':
    case 'AccessDenied':
      return refuse({ code: CODES.forbidden, disposition: 'operator', hint: capsHint(operation) });
    case 'InvalidArgument':
      if (operation === 'users.create' && settings.default_placement !== '') {
        return refuse({
          code: CODES.api,
          disposition: 'operator',
          hint: 'Does the gateway have this default_placement?',
        });
      }
      return refuse({ code: CODES.api, disposition: 'bug' });
  }
  const { status } = answer;
  if (status >= 500 || status === 408 || status === 429 || status < 400)
    return answerError(PEER, request, answer, now, { text: code });
  return refuse({
    code: CODES.api,
    disposition: 'operator',
    hint: 'Are s3_endpoint and admin_path those of the gateway?',
  });
}

const EMAIL =
  'Another user carries the stamp of this resource in its e-mail address: was it copied or renamed by hand?';
const ADMIN_KEYS = 'Check admin_access_key and admin_secret_key.';

function capsHint(operation: string): string {
  const type = operation.startsWith('buckets.') ? 'buckets' : 'users';
  return `The admin user needs the capability ${type}=*: radosgw-admin caps add --uid=ADMIN --caps='${type}=*'`;
}

function codeInXml(body: unknown): string {
  return /<Code>(\w{1,60})<\/Code>/.exec(String(body))?.[1] ?? '';
}
