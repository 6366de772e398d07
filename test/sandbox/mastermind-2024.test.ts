import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { isJsonObject, type Json, type JsonObject } from '../../src/lib/json.ts';
import { client, open } from './harness.ts';

/** One exchange with a genuine server, in the order in which they were made. */
interface Recorded {
  readonly step: number;
  readonly name: string;
  /** A seeded user; without one the request carries no token, or a made-up one. */
  readonly as?: string;
  readonly token?: string;
  /** Method and path. `$NAME` is something an earlier step kept. */
  readonly ask: string;
  readonly send?: Json;
  /** What later steps need, by the path to it in the body. */
  readonly keep?: Readonly<Record<string, string>>;
  readonly status: number;
  /** The body without UUIDs (`U`), times (`T`) and the host (`B`); null for none, `HTML` for a page. */
  readonly answer?: Json;
  /** Keys of the object, or of the first row of a list. */
  readonly keys?: readonly string[];
  /** Python types of some of them. */
  readonly types?: Readonly<Record<string, string>>;
  readonly location?: true;
  readonly authenticate?: string;
  /** Query of the link to the first page. */
  readonly query?: string;
}

const RECORDING = new URL('recordings/mastermind-2024.jsonl', import.meta.url);
const README = new URL('../../src/sandbox/README.md', import.meta.url);
const recorded = readFileSync(RECORDING, 'utf8')
  .trimEnd()
  .split('\n')
  .map((line) => JSON.parse(line) as Recorded);
/** Steps that are answered otherwise, each with its reason in a row of a table. */
const differing = [...readFileSync(README, 'utf8').matchAll(/^\| (\d+) \|/gm)].map(([, step]) => Number(step));

test('the profile 2024 answers as a genuine server of October 2024 did', async () => {
  const { sandbox } = await open({
    profile: '2024',
    processorDelayMs: [0, 0],
    startsAt: new Date('2026-11-28T19:46:00Z'),
  });
  const host = sandbox.url.replace(/\/api\/$/, '');
  const kept: Record<string, string> = { B: host };
  const fill = <T>(value: T): T => {
    const text = JSON.stringify(value).replace(/\$([A-Z]+\d?)(?![a-z])/g, (all, name: string) => kept[name] ?? all);
    return JSON.parse(text) as T;
  };
  const wrong: number[] = [];
  const details: string[] = [];
  for (const step of recorded) {
    const token = step.token ?? (step.as === undefined ? undefined : sandbox.token(step.as));
    const caller = client(sandbox.url, token === undefined ? {} : { authorization: `Token ${token}` });
    const [method = '', path = ''] = step.ask.split(' ');
    const answer = await caller.send(method, fill(path), step.send === undefined ? undefined : fill(step.send));
    const page = answer.text !== '' && answer.body === undefined;
    const body: Json = page ? 'HTML' : ((answer.body ?? null) as Json);
    for (const [name, at] of Object.entries(step.keep ?? {})) {
      const found = at.split('.').reduce<unknown>((value, key) => (value as JsonObject | undefined)?.[key], body);
      if (typeof found === 'string') kept[name] = found;
    }
    const problems = compare(step, { status: answer.status, body: shorten(body, host), headers: answer.headers });
    if (problems.length > 0) wrong.push(step.step);
    if (!differing.includes(step.step)) details.push(...problems.map((text) => `${step.step} ${step.name}: ${text}`));
  }
  expect(details).toEqual([]);
  // What has become equal leaves the list.
  expect(wrong).toEqual(differing);
});

interface Given {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

function compare(step: Recorded, { status, body, headers }: Given): string[] {
  const problems: string[] = [];
  const same = (what: string, found: unknown, wanted: unknown): void => {
    const [a, b] = [JSON.stringify(found), JSON.stringify(wanted)];
    if (a !== b) problems.push(`${what} ${a} instead of ${b}`);
  };
  same('status', status, step.status);
  if (step.answer !== undefined && status === step.status) same('body', body, shorten(step.answer, ''));
  const row = Array.isArray(body) ? body[0] : body;
  const object = isJsonObject(row) ? row : {};
  if (step.keys !== undefined && status === step.status) {
    const names = Object.keys(object);
    same(
      'keys it lacks',
      step.keys.filter((key) => !names.includes(key)),
      [],
    );
    same(
      'keys it has beside',
      names.filter((key) => !step.keys?.includes(key)),
      [],
    );
  }
  for (const [key, type] of Object.entries(step.types ?? {})) same(key, pythonType(object[key]), type);
  if (step.location) same('Location', headers.has('location'), true);
  if (step.authenticate !== undefined) same('WWW-Authenticate', headers.get('www-authenticate'), step.authenticate);
  if (step.query !== undefined) {
    const first = /<[^>]*?(\?[^>]*)?>; rel="first"/.exec(headers.get('link') ?? '')?.[1] ?? '';
    same('query of the link', first.replace(/=[0-9a-f]{32}/g, '=U'), step.query.replace(/=[0-9a-f]{32}/g, '=U'));
  }
  return problems;
}

function pythonType(value: Json | undefined): string {
  if (value === null || value === undefined) return 'NoneType';
  if (typeof value === 'number') return Number.isInteger(value) ? 'int' : 'float';
  return typeof value === 'string' ? 'str' : typeof value;
}

/** The body without what differs from run to run, keys sorted. */
function shorten(value: Json, host: string): Json {
  if (typeof value === 'string') {
    return (host === '' ? value : value.replaceAll(host, 'B'))
      .replace(/\/[0-9a-f]{32}\//g, '/U/')
      .replace(/^[0-9a-f]{32}$|^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/, 'U')
      .replace(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/, 'T');
  }
  if (Array.isArray(value)) return value.map((item: Json) => shorten(item, host));
  if (!isJsonObject(value)) return value;
  const entries = Object.entries(value).map(([key, item]) => [key, shorten(item, host)] as const);
  return Object.fromEntries(entries.toSorted(([a], [b]) => (a < b ? -1 : 1)));
}
