import type { IncomingMessage, ServerResponse } from 'node:http';
import { readHead } from '../../../src/s3/request-head.ts';
import { S3Error } from '../../../src/s3/s3-error.ts';
import type { SigningKeys } from '../../../src/s3/signing-keys.ts';
import { readClaimed, verify } from '../../../src/s3/verify/verify.ts';
import { formKey, verifyForm } from '../../../src/s3/verify/verify-form.ts';
import type { Deps } from '../deps.ts';
import type { AccessKeys } from './access-keys.ts';
import { authorize } from './authorize.ts';
import { atLeastRate } from './body/least-rate.ts';
import { receive } from './body/receive.ts';
import type { Reply } from './call.ts';
import { logOurs, refusalReply, toS3Error } from './failures.ts';
import { readForm } from './form/read-form.ts';
import { preflight } from './operations/cors.ts';
import type { Allowed, Perform } from './perform.ts';
import { hostBucket, targetOf } from './target.ts';
import type { Turns } from './turns.ts';

export interface Admission {
  readonly accessKeys: AccessKeys;
  readonly turns: Turns;
  readonly signingKeys: SigningKeys;
  /** Under which clients know the gateway. */
  readonly hostname: string;
  readonly perform: Perform;
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

/** What a request is answered with. Never throws: what goes wrong is an answer too. */
export async function handle(deps: Deps, admission: Admission, exchange: Exchange): Promise<Reply> {
  const { request } = exchange;
  try {
    if (request.method === 'OPTIONS') return await answerPreflight(deps, admission, exchange);
    const allowed = isForm(request) ? admitForm(deps, admission, exchange) : admit(deps, admission, exchange);
    return await admission.perform(await allowed);
  } catch (thrown) {
    return refusal(deps, exchange, thrown);
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

async function admitForm(
  deps: Deps,
  { accessKeys, turns, hostname }: Admission,
  { request, response, requestId, proceed, signal }: Exchange,
): Promise<Allowed> {
  const head = readHead(request);
  const target = targetOf(head, hostname);
  if (target.key !== '' || target.bucket === '') throw new S3Error('MethodNotAllowed');
  const form = await readForm(
    request.headers['content-type'] ?? '',
    atLeastRate(deps.clock, receive(request, proceed)),
  );
  const holder = await accessKeys.find(formKey(form.fields));
  verifyForm(form.fields, { region: deps.settings.s3_region, find: () => holder });
  if (holder === undefined) throw new S3Error('InvalidAccessKeyId');
  const { principal } = holder;
  response.once('close', turns.enter(principal));
  authorize(holder, target);
  const { file: body, ...fields } = form;
  const payload = { kind: 'unsigned' } as const;
  return { head, incoming: request, requestId, principal, payload, form: fields, body, signal, ...target };
}

/** Who asks, and may they? Nothing is looked at for a sender that did not prove its identity. */
async function admit(
  deps: Deps,
  { accessKeys, turns, signingKeys, hostname }: Admission,
  { request, response, requestId, proceed, signal }: Exchange,
): Promise<Allowed> {
  const { settings, clock } = deps;
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
  response.once('close', turns.enter(principal));
  const body = atLeastRate(clock, receive(request, proceed));
  return { head, incoming: request, requestId, principal, payload, body, signal, ...target };
}

/** Of one that is not allowed, or was not understood. */
function refusal({ log }: Pick<Deps, 'log'>, { request, requestId, signal }: Exchange, thrown: unknown): Reply {
  const error = toS3Error(thrown);
  logOurs(log, error, signal, { request: requestId });
  return refusalReply(error, (request.url ?? '').split('?')[0] ?? '', requestId);
}
