import type { RawOffering } from './raw.ts';

/** `https://host[:port]/prefix/api/`; `completed` tells that `/api/` was not written. The text is a valid http URL. */
export function readApiUrl(text: string): { readonly url: string; readonly completed: boolean } {
  const url = new URL(text);
  url.search = '';
  url.hash = '';
  const path = url.pathname.replace(/\/+$/, '');
  const completed = !path.endsWith('/api');
  url.pathname = `${path}${completed ? '/api' : ''}/`;
  return { url: url.href, completed };
}

/**
 * Where the broker listens: the host, the port and the scheme of the API unless the file says otherwise. The port of the
 * API is of use only for the same host and scheme.
 */
export function stompUrl(offering: RawOffering): string {
  const api = new URL(offering.waldur_api_url);
  const apiTls = api.protocol === 'https:';
  const tls = offering.websocket_use_tls ?? apiTls;
  const host = offering.stomp_ws_host ?? api.hostname;
  const inherited = host === api.hostname && tls === apiTls ? api.port : '';
  const port = offering.stomp_ws_port === undefined ? inherited : String(offering.stomp_ws_port);
  const path = offering.stomp_ws_path.replace(/^\/*/, '/');
  return `${tls ? 'wss' : 'ws'}://${host}${port === '' ? '' : `:${port}`}${path}`;
}
