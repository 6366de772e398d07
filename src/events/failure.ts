import { AgentError } from '../lib/errors.ts';

/**
 * What ended a session, as errors with a code from a closed set. RabbitMQ says little, and most of it by closing the
 * socket: with code 1000 and the reason `STOMP died` for whatever went wrong inside, with an empty reason when it heard
 * nothing for 60 s.
 */

/** RabbitMQ dies of a SUBSCRIBE to a missing queue without saying so; later deaths have other causes. */
const SUBSCRIBE_FATAL_MS = 5000;
const LONGEST_TEXT = 300;

/** A status other than 101 for the upgrade request. */
export function fromUpgrade(status: number, where: string): AgentError {
  const message = `connecting to the event bus at ${where}: HTTP ${status}`;
  if ([401, 403, 407].includes(status)) {
    return failure('STOMP_PROXY', message, {
      status,
      hint: 'A proxy refuses the WebSocket. Check its rules and login.',
    });
  }
  if (status >= 500 || status === 408 || status === 429) return failure('STOMP_UNREACHABLE', message, { status });
  return failure('STOMP_WRONG_PATH', message, {
    status,
    hint: 'No broker on this path. Check stomp_ws_host, stomp_ws_port and stomp_ws_path (usually /rmqws-stomp).',
  });
}

/** An error of the socket, before or after the upgrade. */
export function fromSocketError(error: Error & { readonly code?: string | undefined }, where: string): AgentError {
  const code = error.code ?? '';
  const message = `talking to the event bus at ${where}: ${cut(error.message)}`;
  if (TLS_ERROR.test(code)) {
    return failure('STOMP_TLS', message, { cause: error, hint: 'Check ca_file, verify_ssl and websocket_use_tls.' });
  }
  // ws has codes for bad frames, and only words for a 101 that is no proper one.
  const protocol = code.startsWith('WS_ERR_') || /^(Invalid|Server sent) /.test(error.message);
  return failure(protocol ? 'STOMP_PROTOCOL' : 'STOMP_UNREACHABLE', message, { cause: error });
}

/** An ERROR frame. After most of them RabbitMQ keeps the socket open and stays silent. */
export function fromErrorFrame(headers: Readonly<Record<string, string | undefined>>, body: string): AgentError {
  const summary = headers['message'] ?? 'ERROR';
  const message = `the event bus answered ${cut(`${summary}: ${body.trim()}`)}`;
  if (summary === 'Bad CONNECT') {
    return failure('STOMP_REFUSED', message, {
      hint: 'The broker login is refreshed by registering the queue again; if this stays, check the token and its role.',
    });
  }
  const missing = summary === 'not_found' || summary === 'Server cancelled subscription';
  return failure(missing ? 'STOMP_QUEUE_MISSING' : 'STOMP_PROTOCOL', message);
}

/** The close frame; `sinceSubscribeMs` is undefined before SUBSCRIBE. */
export function fromClose(code: number, reason: string, sinceSubscribeMs: number | undefined): AgentError {
  if (code === 1000 && reason === 'STOMP died') {
    return sinceSubscribeMs !== undefined && sinceSubscribeMs <= SUBSCRIBE_FATAL_MS
      ? failure('STOMP_QUEUE_MISSING', 'the event bus ended the session right after SUBSCRIBE: the queue is missing')
      : failure('STOMP_DIED', 'the event bus ended the session');
  }
  const idle = code === 1000 && reason === '';
  const what = idle ? 'as idle: our heart-beats did not arrive' : cut(`with code ${code} ${reason}`.trimEnd());
  return failure('STOMP_CLOSED', `the event bus closed the connection ${what}`);
}

const DISPOSITIONS = {
  /** Login, password or vhost. */
  STOMP_REFUSED: 'operator',
  STOMP_QUEUE_MISSING: 'transient',
  STOMP_UNREACHABLE: 'transient',
  STOMP_WRONG_PATH: 'operator',
  STOMP_PROXY: 'operator',
  STOMP_TLS: 'operator',
  STOMP_CLOSED: 'transient',
  /** `STOMP died` at a time when it does not mean a missing queue. */
  STOMP_DIED: 'transient',
  STOMP_HEARTBEAT_LOST: 'transient',
  STOMP_CONNECT_TIMEOUT: 'transient',
  STOMP_PROTOCOL: 'transient',
} as const;
export type StompCode = keyof typeof DISPOSITIONS;

export function failure(
  code: StompCode,
  message: string,
  more: { readonly hint?: string; readonly status?: number; readonly cause?: unknown } = {},
): AgentError {
  return new AgentError(message, { code, disposition: DISPOSITIONS[code], ...more });
}

/** OpenSSL's verification results as Node names them, and EPROTO: TLS spoken to a port without it. */
const TLS_ERROR = /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_TLS_|^ERR_SSL_|^EPROTO$|HOSTNAME_MISMATCH/;

function cut(text: string): string {
  return text.length > LONGEST_TEXT ? `${text.slice(0, LONGEST_TEXT)}…` : text;
}
