import type { AgentError } from '../lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../lib/http.ts';
import { answerError, badAnswer, type Verdict } from '../lib/http-errors.ts';
import { isJsonObject } from '../lib/json.ts';

export const PEER = 'Waldur';

/** A refusal of Waldur in its own words. 404 on an object and 409 are conflicts: read again, decide again. */
export function explainAnswer(request: HttpRequest, answer: HttpAnswer, now: Date): AgentError {
  const text = flattenErrors(answer.body);
  return answerError(PEER, request, answer, now, { text, ...verdict(request, answer, text) });
}

/** An unusable response, transient like an outage: nothing may be concluded from it. */
export function unusable(what: string, key: string): AgentError {
  return badAnswer(PEER, { operation: what }, `something without a usable ${key}`);
}

const LONGEST_TEXT = 500;
const DEEPEST = 8;
/** Keys that say nothing about where the problem is. */
const ANONYMOUS = new Set(['detail', 'details', 'non_field_errors']);

/** Every shape of error body Waldur has, as `path: text; path: text`; empty for pages and empty bodies. */
export function flattenErrors(body: unknown): string {
  if (typeof body === 'string' && /[<\n]/.test(body)) return '';
  let text = '';
  for (const line of flatten(body, '', 0)) {
    text += text === '' ? line : `; ${line}`;
    if (text.length > LONGEST_TEXT) return `${text.slice(0, LONGEST_TEXT - 1)}…`;
  }
  return text;
}

function* flatten(value: unknown, path: string, depth: number): Generator<string> {
  if (value === null || value === undefined || value === '' || depth > DEEPEST) return;
  if (Array.isArray(value)) {
    for (const [index, item] of value.entries())
      yield* flatten(item, isJsonObject(item) ? join(path, String(index)) : path, depth + 1);
  } else if (isJsonObject(value)) {
    for (const [key, item] of Object.entries(value))
      yield* flatten(item, ANONYMOUS.has(key) ? path : join(path, key), depth + 1);
  } else {
    const text = printable(typeof value === 'string' ? value : JSON.stringify(value));
    yield path === '' ? text : `${path}: ${text}`;
  }
}

function join(path: string, key: string): string {
  return path === '' ? printable(key) : `${path}.${printable(key)}`;
}

function printable(text: string): string {
  return text
    .slice(0, LONGEST_TEXT)
    .replace(/[\p{Cc}\s]+/gu, ' ')
    .trim();
}

const NAMES_AN_OBJECT = /\/[0-9a-f]{32}\//;
/** How Django says that it has no such route. */
const NO_ROUTE_PAGE = /The requested resource was not found on this server/;

function verdict(request: HttpRequest, answer: HttpAnswer, text: string): Verdict {
  if (answer.status === 409) return { disposition: 'transient' };
  if (answer.status === 404) return notFound(request, answer);
  if (answer.status === 400 && typeof answer.body === 'string')
    return {
      code: 'WALDUR_BAD_ANSWER',
      disposition: 'transient',
      hint: 'Something in front of Waldur refused the request with a page: look at the logs of the proxy or firewall.',
    };
  if (answer.status === 405)
    return {
      code: 'WALDUR_UNSUPPORTED',
      disposition: 'operator',
      hint: 'The offering must be of the type Marketplace.Slurm ("Waldur site agent").',
    };
  if (answer.status === 400 && /offering is unavailable/i.test(text))
    return {
      code: 'WALDUR_UNAVAILABLE',
      disposition: 'operator',
      hint: 'Set the offering to Active or Paused; Waldur refuses every change of its resources until then.',
    };
  return {};
}

/** Only Waldur's own words prove that something is not there; an ingress without a server behind it returns 404 as well. */
function notFound(request: HttpRequest, { body }: HttpAnswer): Verdict {
  const said = isJsonObject(body) && typeof body['detail'] === 'string';
  if (said && NAMES_AN_OBJECT.test(request.path)) return { code: 'WALDUR_CONFLICT', disposition: 'transient' };
  if (said || (typeof body === 'string' && NO_ROUTE_PAGE.test(body)))
    return {
      code: 'WALDUR_NO_ROUTE',
      disposition: 'operator',
      hint: 'This Waldur is too old for the agent, or waldur_api_url is not that of its API.',
    };
  return {
    code: 'WALDUR_BAD_ANSWER',
    disposition: 'transient',
    hint: 'Something in front of Waldur answers in its place, or waldur_api_url is wrong: it ends in /api/.',
  };
}
