import { badAnswer } from './http-errors.ts';
import type { RawAnswer } from './http-transport.ts';
import type { HttpOptions, HttpRequest } from './http-types.ts';
import { isJsonObject } from './json.ts';

/** @throws AgentError `..._BAD_ANSWER` (transient): a login page or a truncated body came instead of JSON. */
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
export function readFailure(raw: RawAnswer, sent: Sent): unknown {
  const text = hideCredentials(raw.body.toString('utf8'), sent);
  try {
    return parse(text);
  } catch {
    return text;
  }
}

/** What went out with a request. */
export interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: HttpRequest['body'];
}

/** `text` without the credentials that went out with the request: ours in its headers, those of consumers in its body. */
export function hideCredentials(text: string, { headers, body }: Sent): string {
  const secrets = [...credentials(headers), ...secretsIn(body)].filter(({ length }) => length >= SHORTEST_CREDENTIAL);
  return secrets.reduce((shown, secret) => shown.replaceAll(secret, '***'), text);
}

/** Undefined for an empty body: many servers return nothing from actions. */
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
    .map(([, value]) => value.slice(value.indexOf(' ') + 1));
}

const SECRET_KEY = /secret|password|passcode|token|private_?key/i;

/** Texts under keys that sound like secrets, at any depth. */
function secretsIn(value: unknown, key = ''): readonly string[] {
  if (typeof value === 'string') return SECRET_KEY.test(key) ? [value] : [];
  if (Array.isArray(value)) return value.flatMap((item) => secretsIn(item, key));
  if (value instanceof Uint8Array) return [];
  return isJsonObject(value) ? Object.entries(value).flatMap(([name, item]) => secretsIn(item, name)) : [];
}
