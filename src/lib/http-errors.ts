import { AgentError, type AgentErrorOptions, type Disposition, isAgentError } from './errors.ts';
import type { HttpAnswer, HttpOptions, HttpRequest } from './http-types.ts';
import { proxyName } from './proxy.ts';

/** What a peer knows better than the status does. */
export interface Verdict extends Partial<Pick<AgentErrorOptions, 'code' | 'disposition' | 'hint'>> {
  /** What the peer said, in its own words, without secrets. */
  readonly text?: string;
}

/** A non-2xx response as an AgentError, classified by its status unless `verdict` says otherwise. */
export function answerError(
  peer: string,
  request: HttpRequest,
  answer: HttpAnswer,
  now: Date,
  verdict: Verdict = {},
): AgentError {
  const { suffix, disposition, hint } = classify(peer, answer);
  const said = verdict.text ? `: ${verdict.text}` : '';
  return new AgentError(`${inWords(request.operation)}: ${peer} answered ${answer.status}${said}`, {
    code: verdict.code ?? errorCode(peer, suffix),
    disposition: verdict.disposition ?? disposition,
    hint: verdict.hint ?? hint,
    retryAfterMs: retryAfterMs(answer.headers['retry-after'], now),
    status: answer.status,
  });
}

/** `orders.set_done` as `set done (orders)`: error messages are for people, and operation names are for metrics. */
export function inWords(operation: string): string {
  const [noun = '', verb] = operation.split('.').map((part) => part.replaceAll('_', ' '));
  return verb === undefined ? noun : `${verb} (${noun})`;
}

/** A 2xx response that makes no sense. */
export function badAnswer(peer: string, request: Pick<HttpRequest, 'operation'>, what: string): AgentError {
  return new AgentError(`${inWords(request.operation)}: ${peer} answered ${what}`, {
    code: errorCode(peer, 'BAD_ANSWER'),
    disposition: 'transient',
    hint: `If this persists, a proxy or login page answers in place of ${peer}.`,
  });
}

/** Code of a transport failure, with the status: the proxy refused to open a tunnel. Its response is not the peer's. */
export const PROXY_REFUSED = 'PROXY_REFUSED_';

/** A request without a response. Of what axios threw only the text survives, through `hide`: it carries the request. */
export function unanswered(
  { peer, baseUrl, proxy }: Pick<HttpOptions, 'peer' | 'baseUrl' | 'proxy'>,
  request: HttpRequest,
  deadlineMs: number,
  error: unknown,
  hide: (text: string) => string,
): AgentError {
  if (isAgentError(error) && error.code !== 'DEADLINE') return error;
  if (isAgentError(error))
    return new AgentError(`${inWords(request.operation)}: ${peer} did not answer within ${deadlineMs / 1000} s`, {
      code: errorCode(peer, 'TIMEOUT'),
      disposition: 'transient',
      hint: `${peer} or a proxy in front of it is overloaded, or a firewall drops what is sent to it.`,
    });
  const { code, message } = reason(error);
  const cause = new Error(hide(code === '' || message.includes(code) ? message : `${code}: ${message}`));
  if (message.startsWith('maxContentLength'))
    return new AgentError(`${request.operation}: ${peer} answered more than the agent is willing to read`, {
      code: errorCode(peer, 'TOO_LARGE'),
      disposition: 'transient',
      cause,
    });
  const through = proxy === undefined ? '' : ` through the proxy ${proxyName(proxy)}`;
  const host = `${new URL(baseUrl).host}${through}`;
  if (code.startsWith(PROXY_REFUSED)) {
    const status = Number(code.slice(PROXY_REFUSED.length));
    return new AgentError(`${request.operation}: ${peer} (${host}) cannot be reached: the proxy answered ${status}`, {
      code: errorCode(peer, 'PROXY'),
      disposition: [401, 403, 405, 407].includes(status) ? 'operator' : 'transient',
      hint: 'Check the login in the proxy URL and the rules of the proxy, or name the host in NO_PROXY.',
      cause,
    });
  }
  if (TLS_VERIFICATION.test(code))
    return new AgentError(`${inWords(request.operation)}: the certificate of ${peer} (${host}) is not trusted`, {
      code: errorCode(peer, 'TLS'),
      disposition: 'operator',
      hint: 'Name the issuing authority in ca_file, or correct the host; verify_ssl: false turns the check off.',
      cause,
    });
  return new AgentError(`${inWords(request.operation)}: ${peer} (${host}) cannot be reached${code && `: ${code}`}`, {
    code: errorCode(peer, 'UNREACHABLE'),
    disposition: 'transient',
    hint:
      proxy === undefined
        ? `Is the address right, and do name service and firewalls let this machine reach ${peer}?`
        : `Is the proxy right and running? Hosts to be reached without it belong into NO_PROXY.`,
    cause,
  });
}

/** The route does not exist: frameworks return a page for that, and JSON for a missing object. */
export function isMissingRoute(answer: HttpAnswer): boolean {
  return answer.status === 404 && !/json/i.test(answer.headers['content-type'] ?? '');
}

/** Seconds or an HTTP date, as milliseconds from `now`. */
export function retryAfterMs(header: string | undefined, now: Date): number | undefined {
  if (header === undefined) return undefined;
  const ms = /^\s*\d+\s*$/.test(header) ? Number(header) * 1000 : Date.parse(header) - now.getTime();
  return Number.isFinite(ms) ? Math.max(0, ms) : undefined;
}

/** Reasons of OpenSSL and Node for refusing a certificate, as opposed to failing to speak TLS at all. */
const TLS_VERIFICATION =
  /^(CERT_|UNABLE_TO_|DEPTH_ZERO_|SELF_SIGNED_|HOSTNAME_MISMATCH|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH_EXCEEDED|ERR_TLS_CERT)/;

interface Classified {
  readonly suffix: string;
  readonly disposition: Disposition;
  readonly hint?: string;
}

function classify(peer: string, answer: HttpAnswer): Classified {
  const { status } = answer;
  if (status >= 500) return { suffix: 'FAILED', disposition: 'transient' };
  if (status >= 300 && status < 400)
    return {
      suffix: 'REDIRECT',
      disposition: 'operator',
      hint: `The URL configured for ${peer} is wrong: it redirects${target(answer.headers['location'])}.`,
    };
  switch (status) {
    case 401:
      return { suffix: 'UNAUTHORIZED', disposition: 'operator', hint: `Check the credentials for ${peer}.` };
    case 403:
      return {
        suffix: 'FORBIDDEN',
        disposition: 'operator',
        hint: `The account at ${peer} lacks a permission or role.`,
      };
    case 404:
      return { suffix: 'NOT_FOUND', disposition: 'terminal' };
    case 407:
      return { suffix: 'UNAUTHORIZED', disposition: 'operator', hint: 'The proxy asks for other credentials.' };
    case 408:
      return { suffix: 'TIMEOUT', disposition: 'transient' };
    case 409:
      return { suffix: 'CONFLICT', disposition: 'terminal' };
    case 429:
      return { suffix: 'RATE_LIMITED', disposition: 'transient' };
    default:
      return { suffix: 'REFUSED', disposition: 'terminal' };
  }
}

/** Without query and credentials: a login redirect carries both. */
function target(location: string | undefined): string {
  if (location === undefined || !URL.canParse(location)) return '';
  const url = new URL(location);
  return ` to ${url.origin}${url.pathname}`;
}

function errorCode(peer: string, suffix: string): string {
  return `${peer.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_${suffix}`;
}

function reason(error: unknown): { readonly code: string; readonly message: string } {
  if (!(error instanceof Error)) return { code: '', message: String(error) };
  const code = 'code' in error && typeof error.code === 'string' ? error.code : '';
  return { code, message: error.message };
}
