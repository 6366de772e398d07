import { once } from 'node:events';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { Config } from '../../src/config/types.ts';
import type { Backend, Plugin } from '../../src/plugin/contract.ts';

/** Something the agent did: a request that Waldur has answered, or an action that the backend has applied. */
export interface Step {
  /** `POST /api/…` or `apply create-account`. */
  readonly what: string;
  /** Whether it changed something. */
  readonly isEffect: boolean;
}

export interface Gate {
  /** The configuration of an agent all of whose steps pass here. */
  readonly config: Config;
  close(): void;
}

/**
 * Stands between the agent and its peers and calls `passed` after every step, before the agent hears how it went. A
 * promise that never resolves stops the world there. `withheld` are headers that the answers of Waldur lose on the way.
 */
export async function openGate(
  config: Config,
  passed: (step: Step) => Promise<void> | void,
  withheld: readonly string[] = [],
): Promise<Gate> {
  const target = config.offerings[0]?.waldur.apiUrl ?? '';
  const server = createServer((incoming, outgoing) => {
    // At the end of a test Waldur may be gone before the agent has heard of it.
    forward({ target: new URL(target), passed, withheld }, incoming, outgoing).catch(() => outgoing.destroy());
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  const offerings = config.offerings.map((offering) => ({
    ...offering,
    waldur: { ...offering.waldur, apiUrl: `http://127.0.0.1:${port}/api/` },
    plugin: watch(offering.plugin, passed),
  }));
  return {
    config: { ...config, offerings },
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

interface Way {
  readonly target: URL;
  readonly withheld: readonly string[];
  passed(step: Step): Promise<void> | void;
}

async function forward(
  { target: { port }, withheld, passed }: Way,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
): Promise<void> {
  const { method, url: path, headers } = incoming;
  const body = await text(incoming);
  const onward = request({ host: '127.0.0.1', port, method, path, headers, agent: false }).end(body);
  const [answer] = (await once(onward, 'response')) as [IncomingMessage];
  const content = await text(answer);
  await passed({ what: `${method} ${path}`, isEffect: method !== 'GET' });
  for (const name of withheld) delete answer.headers[name];
  outgoing.writeHead(answer.statusCode ?? 500, answer.headers).end(content);
}

function watch(plugin: Plugin, passed: (step: Step) => Promise<void> | void): Plugin {
  const observed = (backend: Backend): Backend => ({
    ...backend,
    apply: async (action, signal) => {
      const applied = await backend.apply(action, signal);
      await passed({ what: `apply ${action.kind}`, isEffect: true });
      return applied;
    },
  });
  return { ...plugin, create: (context) => observed(plugin.create(context)) };
}
