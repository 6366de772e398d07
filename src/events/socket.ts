import { checkServerIdentity, type PeerCertificate } from 'node:tls';
import { HttpsProxyAgent } from 'https-proxy-agent';
import { WebSocket } from 'ws';

/** How to reach the broker beside its URL. */
export interface TlsOptions {
  /** PEM text. */
  readonly ca: string | undefined;
  readonly verifySsl: boolean;
  /** URL of an HTTP proxy; `ws` does not look at the environment. */
  readonly proxy: string | undefined;
}

/** The most one frame may hold; bodies are a few kilobytes. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/**
 * Opens a WebSocket for STOMP. `life` ends with the session and takes a half-open tunnel through a proxy with it: the
 * proxy agent itself waits without end for a proxy that does not respond.
 *
 * @throws SyntaxError when `url` or the proxy is not a URL.
 */
export function openSocket(url: string, tls: TlsOptions, life: AbortSignal): WebSocket {
  const security = { rejectUnauthorized: tls.verifySsl, ...(tls.ca === undefined ? {} : { ca: tls.ca }) };
  const host = new URL(url).hostname.replace(/^\[|\]$/g, '');
  const tunnel = tls.proxy !== undefined && {
    agent: new HttpsProxyAgent(tls.proxy, { ...security, signal: life }),
    // Inside a tunnel to an IP address the agent would accept a certificate for `localhost`.
    checkServerIdentity: (_: string, certificate: PeerCertificate) => checkServerIdentity(host, certificate),
  };
  return new WebSocket(url, ['v12.stomp'], {
    ...security,
    ...tunnel,
    perMessageDeflate: false,
    maxPayload: MAX_FRAME_BYTES,
  });
}
