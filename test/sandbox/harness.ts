import { onTestFinished } from 'vitest';
import { type Sandbox, type SandboxOptions, startSandbox } from '../../src/sandbox/sandbox.ts';

/** What a server says is not typed: the assertions are. */
export type Body = ReturnType<typeof JSON.parse>;

export interface Answer {
  readonly status: number;
  readonly body: Body;
  readonly text: string;
  readonly headers: Headers;
}

export interface Client {
  get(path: string, headers?: Record<string, string>): Promise<Answer>;
  post(path: string, body?: unknown): Promise<Answer>;
  send(method: string, path: string, body?: unknown, headers?: Record<string, string>): Promise<Answer>;
}

export interface Opened {
  readonly sandbox: Sandbox;
  /** REST under `/api/` as a seeded user, the agent's account without one. */
  as(username?: string): Client;
  /** The test API. */
  readonly control: Client;
}

/** A sandbox that closes with the test; nothing in it waits longer than a few milliseconds. */
export async function open(options: SandboxOptions = {}): Promise<Opened> {
  const sandbox = await startSandbox({ dispatchDelayMs: [0, 1], processorDelayMs: [1, 2], ...options });
  onTestFinished(() => sandbox.close());
  const root = sandbox.url.replace(/api\/$/, '');
  return {
    sandbox,
    as: (username = 'provider-owner') => client(sandbox.url, { authorization: `Token ${sandbox.token(username)}` }),
    control: client(`${root}_test/`, {}),
  };
}

export function client(base: string, common: Record<string, string>): Client {
  const send: Client['send'] = async (method, path, body, headers = {}) => {
    const response = await fetch(new URL(path, base), {
      method,
      redirect: 'manual',
      headers: { ...common, 'content-type': 'application/json', ...headers },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await response.text();
    const json = response.headers.get('content-type') === 'application/json' && text !== '';
    return { status: response.status, body: json ? JSON.parse(text) : undefined, text, headers: response.headers };
  };
  return {
    send,
    get: (path, headers) => send('GET', path, undefined, headers),
    post: (path, body) => send('POST', path, body),
  };
}

/** UUID of a resource that was created and is OK, with a backend id. */
export async function readyResource(
  opened: Opened,
  request: Parameters<Sandbox['placeOrder']>[0] = {},
): Promise<string> {
  const order = opened.sandbox.placeOrder({ state: 'executing', ...request });
  const agent = opened.as();
  await agent.post(`marketplace-provider-resources/${order.resource.uuid}/set_backend_id/`, {
    backend_id: `waldur_${order.resource.uuid.slice(0, 8)}`,
  });
  await agent.post(`marketplace-orders/${order.uuid}/set_state_done/`);
  return order.resource.uuid;
}
