import { readFileSync } from 'node:fs';
import { request } from 'node:http';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { isJsonObject } from '../../../src/lib/json.ts';
import { startCivo, TOKEN } from './lab.ts';

/**
 * What the official clients send, recorded from civogo, the `civo` command line and the Terraform provider on 2026-11-28
 * against a stub, and what the stub answered, which the clients understood. Ids and keys differ from run to run.
 */
interface Recorded {
  readonly client: string;
  readonly title: string;
  readonly method: string;
  readonly url: string;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly status: number;
  /** Missing where it depends on requests that were not recorded. */
  readonly answer?: unknown;
}

const recorded = readFileSync(new URL('fixtures/official-clients.jsonl', import.meta.url), 'utf8')
  .split('\n')
  .filter((line) => line !== '')
  .map((line) => JSON.parse(line) as Recorded);

type Civo = Awaited<ReturnType<typeof startCivo>>;
let civo: Civo;
beforeEach(async () => {
  civo = await startCivo({
    delaysMs: { credential: 10_000, store: 10_000 },
    ghostMs: Number.POSITIVE_INFINITY,
    regions: [
      { code: 'LON1', name: 'London 1', objectStore: true, outOfCapacity: false },
      { code: 'NYC1', name: 'New York 1', objectStore: false, outOfCapacity: false },
    ],
  });
});
afterEach(() => civo.close());

describe.each([...new Set(recorded.map(({ client }) => client))])('the emulator answers what %s sends', (client) => {
  it('as recorded, but for ids and keys', async () => {
    const names = new Map<string, string>();
    let headers: Readonly<Record<string, string>> = {};
    for (const exchange of recorded.filter((one) => one.client === client)) {
      headers = exchange.headers ?? headers;
      civo.wrongToken = 'database_account_not_found';
      makeReady(exchange.answer, names);
      const token = exchange.title.includes('[wrong token]') ? 'wrong' : TOKEN;
      const { status, answer } = await send(exchange, { ...headers, authorization: `bearer ${token}` }, names);
      expect({ title: exchange.title, status }).toEqual({ title: exchange.title, status: exchange.status });
      if (exchange.answer === undefined) continue;
      learn(exchange.answer, answer, names);
      expect({ title: exchange.title, answer: comparable(answer) }).toEqual({
        title: exchange.title,
        answer: comparable(translate(exchange.answer, names)),
      });
    }
  });
});

/** The stub counted reads until something was ready, the emulator waits: what was ready then is ready now, and no more. */
function makeReady(answer: unknown, names: ReadonlyMap<string, string>): void {
  const { stores, credentials } = civo.account;
  for (const item of itemsOf(answer)) {
    const known = names.get(String(item['id'])) ?? '';
    const one = stores.get(known) ?? credentials.get(known);
    if (one !== undefined) one.readyAtMs = civo.clock.monotonicMs() + (item['status'] === 'ready' ? 0 : 10_000);
  }
}

function itemsOf(answer: unknown): readonly Readonly<Record<string, unknown>>[] {
  if (!isJsonObject(answer)) return [];
  return Array.isArray(answer['items']) ? answer['items'].filter(isJsonObject) : [answer];
}

const IDS = ['id', 'access_key_id', 'credential_id'];

/** Pairs the ids and keys of the recording with those of the emulator, by where they stand. */
function learn(was: unknown, is: unknown, names: Map<string, string>): void {
  if (Array.isArray(was) && Array.isArray(is)) {
    for (const [index, item] of was.entries()) learn(item, is[index], names);
  }
  if (!isJsonObject(was) || !isJsonObject(is)) return;
  for (const [key, value] of Object.entries(was)) {
    const other = is[key];
    if (IDS.includes(key) && typeof value === 'string' && typeof other === 'string' && value.length > 5) {
      if (!names.has(value)) names.set(value, other);
    } else learn(value, other, names);
  }
}

/** The recording with the ids of the emulator in place of its own. */
function translate(value: unknown, names: ReadonlyMap<string, string>): unknown {
  let text = JSON.stringify(value);
  for (const [was, is] of names) text = text.replaceAll(was, is);
  return JSON.parse(text);
}

/** Without what is no promise of the emulator: secrets, hosts, and counts of other services. */
function comparable(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(comparable);
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).filter(
    ([key]) => !/^(secret_access_key_id|country|country_name|type)$/.test(key),
  );
  return Object.fromEntries(
    entries.map(([key, item]) => {
      if (key === 'features' && isJsonObject(item)) return [key, { object_store: item['object_store'] }];
      if (key === 'objectstore_endpoint' && typeof item === 'string') return [key, item.split('/').at(-1)];
      if (/^(id|default_user_id|default_user_email_address)$/.test(key) && 'objectstore_gb_limit' in value)
        return [key, ''];
      return [key, comparable(item)];
    }),
  );
}

/** By hand: `fetch` would resolve `//` and refuse a content encoding that is none. */
async function send(
  exchange: Recorded,
  headers: Readonly<Record<string, string>>,
  names: ReadonlyMap<string, string>,
): Promise<{ readonly status: number; readonly answer: unknown }> {
  const [url = '', body = ''] = [exchange.url, exchange.body ?? ''].map((text) => {
    let own = text.replaceAll('<secret>', 'secret-0123456789');
    for (const [was, is] of names) own = own.replaceAll(was, is);
    return own;
  });
  const { hostname, port } = new URL(civo.url);
  return new Promise((resolve, reject) => {
    const outgoing = request({ hostname, port, path: url, method: exchange.method, headers }, (incoming) => {
      let text = '';
      incoming.setEncoding('utf8');
      incoming.on('data', (chunk: string) => (text += chunk));
      incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, answer: JSON.parse(text) as unknown }));
    });
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}
