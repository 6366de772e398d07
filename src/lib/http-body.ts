import { badAnswer } from './http-errors.ts';
import type { RawAnswer } from './http-transport.ts';
import type { HttpOptions, HttpRequest } from './http-types.ts';

/** @throws AgentError `..._BAD_ANSWER` (transient): a login page or a truncated answer came instead of JSON. */
export function readBody(options: HttpOptions, request: HttpRequest, raw: RawAnswer): unknown {
  if (request.answer === 'bytes') return raw.body;
  const text = raw.body.toString('utf8');
  if (request.answer === 'text') return text;
  try {
    return parse(text);
  } catch {
    throw badAnswer(options.peer, request, `${raw.status} with ${mediaType(raw)} that is not JSON`);
  }
}

/** JSON where it is JSON, text otherwise; what it echoes of our credentials is blanked, for errors quote it. */
export function readFailure(raw: RawAnswer, sent: Readonly<Record<string, string>>): unknown {
  const text = hideCredentials(raw.body.toString('utf8'), sent);
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** `text` without the credentials that went out with the request. */
export function hideCredentials(text: string, sent: Readonly<Record<string, string>>): string {
  return credentials(sent).reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

/** Undefined for an empty body: many servers answer their actions with nothing. */
function parse(text: string): unknown {
  const json = text.replace(/^\uFEFF/, '');
  return json.trim() === '' ? undefined : JSON.parse(json);
}

function mediaType(raw: RawAnswer): string {
  return raw.headers['content-type']?.split(';')[0]?.slice(0, 60) ?? 'a body';
}

const SHORTEST_CREDENTIAL = 6;

function credentials(sent: Readonly<Record<string, string>>): readonly string[] {
  return Object.entries(sent)
    .filter(([name]) => name.toLowerCase() === 'authorization')
    .map(([, value]) => value.slice(value.indexOf(' ') + 1))
    .filter((secret) => secret.length >= SHORTEST_CREDENTIAL);
}
