import { isLoopbackAddress } from '../lib/loopback.ts';
import type { Route, RoutePerson } from '../plugin/contract.ts';

/** The person who is logged in. */
export type Person = RoutePerson;

/** What the decision looks at. Names of headers are in lower case. */
export interface Caller {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  /** Of the request: `1.0`, `1.1`. */
  readonly httpVersion: string;
  readonly person: Person | undefined;
}

/** How the pages are reached. */
export interface Site {
  /** What browsers see, such as `https://agent.example.org`; undefined where only names of this machine lead to the agent. */
  readonly origin: string | undefined;
  readonly hasLogin: boolean;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

/**
 * Whether the caller may use a route; undefined when it may. People are trusted on loopback without a login, so what comes
 * from there must not be a web page that makes a browser ask: its host and its origin are checked.
 */
export function refusalOf(
  { role, keys = false }: Pick<Route, 'role' | 'keys'>,
  caller: Caller,
  site: Site,
): Refusal | undefined {
  if (role === 'public' || role === 'own') return undefined;
  if (!isOurName(caller, site)) return NO_NAME;
  const { person } = caller;
  const showsKey = keys && caller.headers['authorization'] !== undefined;
  switch (role) {
    case 'page':
      return site.hasLogin || isLocal(caller) ? undefined : NO_PAGE;
    case 'user':
      if (person === undefined) return showsKey ? undefined : NO_LOGIN;
      return foreignOrigin(caller, site);
    case 'operator':
      if (person !== undefined) return person.isOperator ? foreignOrigin(caller, site) : NO_ROLE;
      if (keys) return showsKey ? undefined : NO_LOGIN;
      return isLocal(caller) ? foreignOrigin(caller, site) : NO_LOGIN;
  }
}

const NO_LOGIN: Refusal = { status: 401, reason: 'a login is required' };
const NO_PAGE: Refusal = { status: 401, reason: 'there is no page beyond this machine: web.login is not configured' };
const NO_ROLE: Refusal = { status: 403, reason: 'this needs the role of an operator' };
const NO_NAME: Refusal = { status: 403, reason: 'the agent has another name: set web.public_url to what browsers use' };
const FOREIGN: Refusal = { status: 403, reason: 'the request comes from another site' };

/** Set by proxies: behind one every caller seems to be local. */
const FORWARDED = [
  'forwarded',
  'via',
  'x-forwarded-for',
  'x-forwarded-host',
  'x-forwarded-proto',
  'x-real-ip',
  'x-client-ip',
  'true-client-ip',
];

/** Programs and browsers on this machine. A proxy that says nothing of itself may still be known by its old HTTP. */
function isLocal({ headers, remoteAddress, httpVersion }: Caller): boolean {
  const isForwarded = httpVersion === '1.0' || FORWARDED.some((name) => headers[name] !== undefined);
  return isLoopbackAddress(remoteAddress) && isLocalName(headers['host']) && !isForwarded;
}

/** Any other name may be one that a foreign DNS server points here: it would let any web page talk to us. */
function isOurName({ headers }: Caller, { origin }: Site): boolean {
  const { host } = headers;
  return isLocalName(host) || (origin !== undefined && host?.toLowerCase() === new URL(origin).host);
}

function isLocalName(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}

function foreignOrigin({ method, headers, person }: Caller, { origin: ours }: Site): Refusal | undefined {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return FOREIGN;
  if (method === 'GET' || method === 'HEAD') return undefined;
  const { origin, host } = headers;
  // Whoever has a cookie is a browser, and a browser says where a change comes from.
  if (origin === undefined) return person === undefined || site === 'same-origin' ? undefined : FOREIGN;
  const isOurs = origin === ours || (URL.canParse(origin) && new URL(origin).host === host);
  return isOurs ? undefined : FOREIGN;
}
