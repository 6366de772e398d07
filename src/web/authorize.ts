import type { RoutePerson, RouteRole } from '../plugin/contract.ts';

/** The person who is logged in. */
export type Person = RoutePerson;

/** What the decision looks at. Names of headers are in lower case. */
export interface Caller {
  readonly method: string;
  readonly headers: Readonly<Record<string, string | undefined>>;
  readonly remoteAddress: string;
  readonly person: Person | undefined;
}

export interface Refusal {
  readonly status: 401 | 403;
  readonly reason: string;
}

/**
 * Whether the caller may use a route of this role; undefined when it may. People are trusted on loopback without a login,
 * so what comes from there must not be a web page that makes a browser ask: its host and its origin are checked.
 */
export function refusalOf(role: RouteRole, caller: Caller): Refusal | undefined {
  switch (role) {
    case 'public':
    case 'own':
      return undefined;
    case 'user':
      return caller.person === undefined ? NO_LOGIN : foreignOrigin(caller);
    case 'operator':
      if (caller.person !== undefined) return caller.person.isOperator ? foreignOrigin(caller) : NO_ROLE;
      return isLocal(caller) ? foreignOrigin(caller) : NO_LOGIN;
  }
}

const NO_LOGIN: Refusal = { status: 401, reason: 'a login is required' };
const NO_ROLE: Refusal = { status: 403, reason: 'this needs the role of an operator' };
const FOREIGN: Refusal = { status: 403, reason: 'the request comes from another site' };

/** Set by proxies: behind one every caller seems to be local. */
const FORWARDED = ['forwarded', 'via', 'x-forwarded-for', 'x-forwarded-host', 'x-real-ip'];

function isLocal({ headers, remoteAddress }: Caller): boolean {
  const address = remoteAddress.replace(/^::ffff:/, '');
  const isLoopback = address === '::1' || /^127(\.\d{1,3}){3}$/.test(address);
  return isLoopback && isLocalName(headers['host']) && FORWARDED.every((name) => headers[name] === undefined);
}

/** A name that a foreign DNS server cannot point here: it would let any web page talk to us. */
function isLocalName(host: string | undefined): boolean {
  return /^(localhost|127(\.\d{1,3}){3}|\[::1\])(:\d{1,5})?$/i.test(host ?? '');
}

function foreignOrigin({ method, headers }: Caller): Refusal | undefined {
  const site = headers['sec-fetch-site'];
  if (site === 'cross-site' || site === 'same-site') return FOREIGN;
  const origin = headers['origin'];
  if (origin === undefined || method === 'GET' || method === 'HEAD') return undefined;
  return URL.canParse(origin) && new URL(origin).host === headers['host'] ? undefined : FOREIGN;
}
