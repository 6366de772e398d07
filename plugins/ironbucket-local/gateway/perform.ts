import type { Incoming, RequestHead } from '../../../src/s3/request-head.ts';
import type { Payload } from '../../../src/s3/verify/types.ts';
import type { Deps } from '../deps.ts';
import { openBody } from './body/open-body.ts';
import type { Call, Operation, Principal, Reply } from './call.ts';
import { logOurs, refusalReply, toS3Error } from './failures.ts';
import { postObject } from './form/post-object.ts';
import type { Form } from './form/read-form.ts';
import { keepWaiting } from './keep-waiting.ts';
import { onceATurn } from './once-a-turn.ts';
import { createBucket } from './operations/bucket.ts';
import { completeUpload } from './operations/complete-upload.ts';
import { copyObject } from './operations/copy-object.ts';
import { crossOriginHeaders } from './operations/cors.ts';
import { uploadPartCopy } from './operations/upload.ts';
import { requireBucket } from './require-bucket.ts';
import { route } from './route.ts';
import { createSearches, type Searches } from './searches.ts';
import type { Target } from './target.ts';
import { refuseUnsupported } from './unsupported.ts';
import { usageHeaders } from './usage-headers.ts';

/** A request whose sender proved its identity and may reach the bucket. */
export interface Allowed extends Target {
  readonly head: RequestHead;
  /** What `head` was read from. */
  readonly incoming: Incoming;
  readonly requestId: string;
  readonly principal: Principal;
  readonly payload: Payload;
  /** Of a form that a browser sends: the body is its file. */
  readonly form?: Pick<Form, 'fields' | 'filename'> | undefined;
  /** As it comes. Until it is iterated, a client that waits for `100 Continue` waits. */
  readonly body: AsyncIterable<Buffer>;
  /** Fires when the client is gone or the gateway stops. */
  readonly signal: AbortSignal;
}

/** Does what a request asks for. Never throws: what goes wrong is an answer too. */
export type Perform = (allowed: Allowed) => Promise<Reply>;

/** Bytes may have to be copied for them. */
const LONG: ReadonlySet<Operation> = new Set([completeUpload, copyObject, uploadPartCopy]);

/** @param passes what is thrown to the caller after all. Default: nothing */
export function createPerform({ disk, ...others }: Deps, passes: (thrown: unknown) => boolean = () => false): Perform {
  const deps = { ...others, disk: { ...disk, kind: onceATurn(disk.kind) } };
  const searches = createSearches(deps.clock);
  return async (allowed) => {
    const refuse = async (thrown: unknown): Promise<Reply> => {
      if (passes(thrown)) throw thrown;
      return await refusal(deps, allowed, thrown);
    };
    try {
      if (allowed.form !== undefined) return await postForm(deps, allowed, allowed.form);
      const call = callOf(allowed, searches);
      refuseUnsupported(call.head, call.bucket);
      const operation = route(call.head, call);
      if (call.bucket !== '' && operation !== createBucket) await requireBucket(deps, call.bucket, call.signal);
      const work = perform(deps, operation, call).catch(refuse);
      return LONG.has(operation) ? await keepWaiting(deps.clock, work) : await work;
    } catch (thrown) {
      return refuse(thrown);
    }
  };
}

function callOf({ head, bucket, key, principal, payload, body, signal }: Allowed, searches: Searches): Call {
  return {
    head,
    bucket,
    key,
    principal,
    signal,
    search: (work) => searches(principal, signal, work),
    body: (options) => openBody(head, payload, body, options),
  };
}

async function perform(deps: Deps, operation: Operation, call: Call): Promise<Reply> {
  const reply = await operation(deps, call);
  const { head, bucket, signal } = call;
  return withHeaders(reply, await usageHeaders(deps, bucket, signal), await crossOriginHeaders(deps, head, bucket));
}

async function postForm(
  deps: Deps,
  { head, bucket, signal, body }: Allowed,
  { fields, filename }: Pick<Form, 'fields' | 'filename'>,
): Promise<Reply> {
  await requireBucket(deps, bucket, signal);
  const reply = await postObject(deps, { head, bucket, form: { fields, filename, file: body }, signal });
  return withHeaders(reply, await crossOriginHeaders(deps, head, bucket));
}

/** Its own come last. Copied, because a literal that begins with another object takes Node 20 thirty times as long. */
function withHeaders({ status, headers, body }: Reply, ...more: readonly NonNullable<Reply['headers']>[]): Reply {
  return { status, headers: Object.assign({}, ...more, headers), body };
}

async function refusal(deps: Deps, allowed: Allowed, thrown: unknown): Promise<Reply> {
  const { head, bucket, form, requestId, signal } = allowed;
  const error = toS3Error(thrown);
  logOurs(deps.log, error, signal, { request: requestId, bucket });
  // Whoever was given a form may write, and not look.
  const more =
    form !== undefined
      ? {}
      : { ...(await usageHeaders(deps, bucket, signal)), ...(await crossOriginHeaders(deps, head, bucket)) };
  return refusalReply(error, head.rawPath, requestId, more);
}
