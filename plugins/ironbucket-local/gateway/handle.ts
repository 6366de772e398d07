import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Clock } from '../../../src/lib/clock.ts';
import { readHead } from '../../../src/s3/request-head.ts';
import { renderS3Error, S3Error } from '../../../src/s3/s3-error.ts';
import type { SigningKeys } from '../../../src/s3/signing-keys.ts';
import { readClaimed, verify } from '../../../src/s3/verify/verify.ts';
import { formKey, verifyForm } from '../../../src/s3/verify/verify-form.ts';
import type { Deps } from '../deps.ts';
import type { AccessKeys } from './access-keys.ts';
import { authorize } from './authorize.ts';
import { atLeastRate } from './body/least-rate.ts';
import { openBody } from './body/open-body.ts';
import type { Call, Operation, Reply } from './call.ts';
import { isOurs, toS3Error } from './failures.ts';
import { postObject } from './form/post-object.ts';
import { readForm } from './form/read-form.ts';
import { keepWaiting } from './keep-waiting.ts';
import { createBucket } from './operations/bucket.ts';
import { completeUpload } from './operations/complete-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { crossOriginHeaders, preflight } from './operations/cors.ts';
import { uploadPartCopy } from './operations/upload.ts';
import { requireBucket } from './require-bucket.ts';
import { route } from './route.ts';
import { hostBucket, targetOf } from './target.ts';
import type { Turns } from './turns.ts';
import { refuseUnsupported } from './unsupported.ts';
import { usageHeaders } from './usage-headers.ts';

export interface Admission {
  readonly accessKeys: AccessKeys;
  readonly turns: Turns;
  readonly signingKeys: SigningKeys;
  /** Under which clients know the gateway. */
  readonly hostname: string;
}

export interface Exchange {
  readonly request: IncomingMessage;
  readonly response: ServerResponse;
  readonly requestId: string;
  /** Fires when the client is gone or the gateway stops. */
  readonly signal: AbortSignal;
  /** Tells a client that waits for it to send its body. */
  readonly proceed: () => void;
}

/** Bytes may have to be copied for them. */
const LONG: ReadonlySet<Operation> = new Set([completeUpload, copyObject, uploadPartCopy]);

/** What a request is answered with. Never throws: what goes wrong is an answer too. */
export async function handle(deps: Deps, admission: Admission, exchange: Exchange): Promise<Reply> {
  const { signal } = exchange;
  let allowed: Call | undefined;
  const refuse = (thrown: unknown): Promise<Reply> => refusal(deps, exchange, allowed, thrown);
  try {
    if (exchange.request.method === 'OPTIONS') return await answerPreflight(deps, admission, exchange);
    if (isForm(exchange.request)) return await answerForm(deps, admission, exchange);
    const call = await admit(deps, admission, exchange);
    allowed = call;
    refuseUnsupported(call.head, call.bucket);
    const operation = route(call.head, call);
    if (call.bucket !== '' && operation !== createBucket) await requireBucket(deps, call.bucket, signal);
    const work = perform(deps, operation, call).catch(refuse);
    return LONG.has(operation) ? await keepWaiting(deps.clock, work) : await work;
  } catch (thrown) {
    return refuse(thrown);
  }
}

async function answerPreflight(deps: Deps, { hostname }: Admission, { request }: Exchange): Promise<Reply> {
  const head = readHead(request);
  return await preflight(deps, head, targetOf(head, hostname).bucket);
}

/** A browser signs a field of the form, and no header. */
function isForm({ method, headers }: IncomingMessage): boolean {
  const isUnsigned = headers.authorization === undefined;
  return method === 'POST' && isUnsigned && /^multipart\/form-data\b/i.test(headers['content-type'] ?? '');
}

async function answerForm(
  deps: Deps,
  { accessKeys, turns, hostname }: Admission,
  { request, response, proceed, signal }: Exchange,
): Promise<Reply> {
  const { settings } = deps;
  const head = readHead(request);
  const target = targetOf(head, hostname);
  if (target.key !== '' || target.bucket === '') throw new S3Error('MethodNotAllowed');
  const form = await readForm(request.headers['content-type'] ?? '', incoming(deps.clock, request, proceed));
  const holder = await accessKeys.find(formKey(form.fields));
  verifyForm(form.fields, { region: settings.s3_region, find: () => holder });
  if (holder === undefined) throw new S3Error('InvalidAccessKeyId');
  response.once('close', turns.enter(holder.principal));
  authorize(holder, target);
  await requireBucket(deps, target.bucket, signal);
  const reply = await postObject(deps, { head, bucket: target.bucket, form, signal });
  return { ...reply, headers: { ...(await crossOriginHeaders(deps, head, target.bucket)), ...reply.headers } };
}

async function perform(deps: Deps, operation: Operation, call: Call): Promise<Reply> {
  const reply = await operation(deps, call);
  const { head, bucket, signal } = call;
  const more = { ...(await usageHeaders(deps, bucket, signal)), ...(await crossOriginHeaders(deps, head, bucket)) };
  return { ...reply, headers: { ...more, ...reply.headers } };
}

/** `allowed` is what the client may know of. */
async function refusal(
  deps: Deps,
  { request, requestId, signal }: Exchange,
  allowed: Call | undefined,
  thrown: unknown,
): Promise<Reply> {
  const error = toS3Error(thrown);
  if (isOurs(error) && !signal.aborted) {
    deps.log.error({ err: error.cause ?? error, request: requestId, bucket: allowed?.bucket }, 'an S3 request failed');
  }
  const usage =
    allowed === undefined
      ? {}
      : {
          ...(await usageHeaders(deps, allowed.bucket, signal)),
          ...(await crossOriginHeaders(deps, allowed.head, allowed.bucket)),
        };
  const resource = (request.url ?? '').split('?')[0] ?? '';
  return {
    status: error.status,
    headers: { ...usage, 'x-amz-error-code': error.code, ...error.headers },
    body: renderS3Error(error, resource, requestId),
  };
}

/** Who asks, and may they? Nothing is looked at for a sender that did not prove its identity. */
async function admit(
  deps: Deps,
  { accessKeys, turns, signingKeys, hostname }: Admission,
  exchange: Exchange,
): Promise<Call> {
  const { settings, clock } = deps;
  const { request, signal, proceed } = exchange;
  const head = readHead(request);
  const claimed = readClaimed(head);
  const holder = await accessKeys.find(claimed.accessKey);
  const verification = {
    region: settings.s3_region,
    now: clock.now(),
    find: () => holder,
    hostBucket: hostBucket(head, hostname),
    signingKeys,
  };
  const { payload } = verify(head, verification, claimed);
  if (holder === undefined) throw new S3Error('InvalidAccessKeyId');
  const target = targetOf(head, hostname);
  authorize(holder, target);
  const { principal } = holder;
  exchange.response.once('close', turns.enter(principal));
  return {
    ...target,
    head,
    principal,
    signal,
    search: (work) => turns.search(principal, signal, work),
    body: (options) => openBody(head, payload, incoming(deps.clock, request, proceed), options),
  };
}

async function* incoming(clock: Clock, request: IncomingMessage, proceed: () => void): AsyncGenerator<Buffer> {
  proceed();
  yield* atLeastRate(clock, request.iterator({ destroyOnReturn: false }));
}
