import type { Call } from './routes.ts';
import type { Reply } from './types.ts';

/**
 * What happens to a request. `text`: a body that is no JSON of ours. `lost`: the request takes effect and the connection
 * ends without an answer. `silence`: nothing is ever answered.
 */
export type Fault =
  | { readonly kind: 'reply'; readonly reply: Reply; readonly retryAfter?: string }
  | { readonly kind: 'text'; readonly status: number; readonly body: string; readonly type?: string }
  | { readonly kind: 'lost' }
  | { readonly kind: 'silence' };

/** Asked for every request that is authenticated; `count` is its number, from 1. */
export type Faults = (call: Call, count: number) => Fault | undefined;

export const TOO_MANY = (retryAfter: string): Fault => ({
  kind: 'reply',
  reply: { status: 429, body: { code: 'too_many_requests', reason: 'slow down' } },
  retryAfter,
});

export const BAD_GATEWAY: Fault = {
  kind: 'text',
  status: 502,
  body: '<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>nginx</body>\r\n</html>\r\n',
  type: 'text/html',
};

export const EMPTY: Fault = { kind: 'text', status: 200, body: '' };

/** Every n-th request; counted from 1. */
export function everyNth(n: number, fault: Fault): Faults {
  return (_, count) => (count % n === 0 ? fault : undefined);
}
