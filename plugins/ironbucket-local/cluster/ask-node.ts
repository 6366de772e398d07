import { AgentError } from '../../../src/lib/errors.ts';
import type { Http } from '../../../src/lib/http.ts';
import type { Json } from '../../../src/lib/json.ts';
import type { PluginContext } from '../../../src/plugin/contract.ts';
import { type KeyPair, sign } from '../../../src/s3/sigv4.ts';
import { parseExact, readExact } from '../exact-json.ts';
import { UNLIMITED } from '../quota/quota-file.ts';
import type { Settings } from '../settings.ts';
import { fieldOf, OPERATIONS, type Operation, ZERO } from '../statistics/statistics-file.ts';
import type { NodeNumbers } from './aggregate.ts';
import type { ClusterNode } from './nodes.ts';

const TIMEOUT_MS = 5000;

/** What another node counted in a bucket. */
export interface AskNode {
  readonly name: string;
  /** @throws AgentError of the HTTP layer; transient `IRONBUCKET_NODE_ANSWER` for an answer that is not understood. */
  ask(bucket: string, month: string, signal: AbortSignal): Promise<NodeNumbers>;
  close(): void;
}

/** The administrator's keys must be the same on all nodes. */
export function createAskNode(
  context: Pick<PluginContext<Settings>, 'http' | 'clock' | 'settings'>,
  keys: KeyPair,
  { name, url }: ClusterNode,
): AskNode {
  const { host } = new URL(url);
  const http: Http = context.http({ baseUrl: `${url}/`, peer: 'node', timeoutMs: TIMEOUT_MS, maxAnswerBytes: 65_536 });

  async function get(what: string, path: string, signal: AbortSignal): Promise<Readonly<Record<string, Json>>> {
    const headers = sign({
      method: 'GET',
      host,
      path: `/${path}`,
      body: '',
      keys,
      region: context.settings.s3_region,
      now: context.clock.now(),
    });
    const { body } = await http.request({ operation: what, method: 'GET', path, headers, answer: 'text' }, signal);
    const document = parseExact(String(body));
    if (document === undefined) throw notUnderstood(name, what);
    return document;
  }

  function number(document: Readonly<Record<string, Json>>, field: string, what: string): bigint {
    const value = readExact(document[field]);
    if (value === undefined) throw notUnderstood(name, what);
    return value;
  }

  return {
    name,
    ask: async (bucket, month, signal) => {
      const quota = await get('quota', `${bucket}?quota=`, signal);
      const statistics = await get('stats', `${bucket}?month=${month}&stats=`, signal);
      const counts: Record<Operation, bigint> = { ...ZERO };
      for (const operation of OPERATIONS) counts[operation] = number(statistics, fieldOf(operation), 'stats');
      const limit = number(quota, 'max_size_bytes', 'quota');
      const use = {
        maxBytes: limit === UNLIMITED ? null : limit,
        usedBytes: number(quota, 'current_usage_bytes', 'quota'),
        objects: number(quota, 'object_count', 'quota'),
      };
      return { use, counts };
    },
    close: () => http.close(),
  };
}

function notUnderstood(node: string, what: string): AgentError {
  return new AgentError(`the node ${node} answered ${what} with something else`, {
    code: 'IRONBUCKET_NODE_ANSWER',
    disposition: 'transient',
  });
}
