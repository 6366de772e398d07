import { isAgentError } from '../../../src/lib/errors.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { RouteReply, RouteRequest } from '../../../src/plugin/contract.ts';
import type { Verdict } from './auth.ts';

/** What a route answers with status 200. */
export type Handler = (request: RouteRequest, signal: AbortSignal) => Promise<Json>;

/** A request that is answered with `{"msg"}` and this status. */
export class Refusal extends Error {
  readonly status: number;

  constructor(message: string, status: number) {
    super(message);
    this.status = status;
  }
}

export function badRequest(message: string, status = 400): Refusal {
  return new Refusal(message, status);
}

/** Texts that other programs of this kind answer, and compare with. */
export function refuse(verdict: Exclude<Verdict, 'ok'>): RouteReply {
  switch (verdict) {
    case 'no-key':
      return { status: 500, body: { msg: 'api key not specified in app config' } };
    case 'no-credentials':
      return { status: 401, body: { msg: 'authorization required' } };
    case 'wrong':
      return { status: 403, body: { msg: 'access forbidden' } };
    case 'too-many':
      return { status: 429, headers: { 'retry-after': '60' }, body: { msg: 'too many wrong keys' } };
  }
}

/** 400 for what the caller can change, 500 for the host; what nothing here understands is thrown on. */
export function wordFailure(error: unknown): RouteReply {
  if (error instanceof Refusal) return { status: error.status, body: { msg: error.message } };
  if (!isAgentError(error)) throw error;
  return { status: error.disposition === 'terminal' ? 400 : 500, body: { msg: error.message } };
}
