import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { isJsonObject, type Json } from '../../../src/lib/json.ts';
import { type ManualClock, manualClock } from '../../../test/fakes/clock.ts';
import { type Emulator, startEmulator } from '../../../test/labs/minio/emulator.ts';
import { readText } from '../decode.ts';
import { decrypt } from '../madmin/codec.ts';
import { instantDeriver } from './instant-deriver.ts';
import { prepare, RECORDED, type Recorded, shapeOf, timeOf } from './recorded.ts';

/** Every recorded call of the admin API, in order, to the emulator. */
const ROOT = { accessKey: 'h7rootuser', secretKey: 'h7-root-Secret/1' };
/** Answers about the machine itself: the emulator says less, and nothing else. */
const PARTIAL = /\/admin\/v3\/(info|accountinfo|datausageinfo)/;

interface Answer {
  readonly status: number;
  readonly body: Buffer;
}

for (const drives of ['erasure', 'single'] as const) {
  describe(`the emulator answers as the recorded server did: ${drives}`, () => {
    let emulator: Emulator;
    let clock: ManualClock;
    beforeAll(async () => {
      clock = manualClock('2026-11-28T19:39:00Z');
      emulator = await startEmulator({ root: ROOT, clock, deriver });
    });
    afterAll(() => emulator.close());

    // The clients of others spoke to the server with a single drive.
    const calls = RECORDED.filter((call) => call.section.startsWith('erasure') === (drives === 'erasure'));
    it.each(calls.map((call, index) => ({ call, title: `${index + 1} ${call.name}` })))('$title', async ({ call }) => {
      if (call.at !== null) await clock.advance(Math.max(0, timeOf(call.at).getTime() - clock.now().getTime()));
      const secretKey = secretOf(emulator, call.caller);
      const answer = await send(call, secretKey);
      expect(answer.status, answer.body.toString().slice(0, 300)).toBe(call.status);
      if (call.status >= 400 && call.method !== 'HEAD') return expect(codeIn(answer)).toBe(call.code ?? codeIn(answer));
      if (call.json === undefined) return;
      const plain = call.encrypted ? await decrypt(answer.body, { deriver, password: secretKey }, never) : answer.body;
      const shape = shapeOf(JSON.parse(plain.toString()) as Json, routeOf(call));
      const recorded = shapeOf(call.json, routeOf(call));
      if (!PARTIAL.test(call.path)) return expect(shape).toEqual(recorded);
      expect(recorded).toEqual(expect.arrayContaining(shape.filter((member) => couldDiffer(member, recorded))));
    });

    async function send(call: Recorded, secretKey: string): Promise<Answer> {
      const { host } = new URL(emulator.endpoint);
      const skewMs = call.how === 'skew' ? 20 * 60_000 : 0;
      const stamp = new Date(clock.now().getTime() - skewMs).toISOString().replace(/[-:]|\.\d{3}/g, '');
      const { headers, body } = await prepare(call, { host, stamp, secretKey, deriver });
      return new Promise((resolve, reject) => {
        const outgoing = request(`${emulator.endpoint}${call.path}`, { method: call.method, headers }, (incoming) => {
          const chunks: Buffer[] = [];
          incoming.on('data', (chunk: Buffer) => chunks.push(chunk));
          incoming.on('end', () => resolve({ status: incoming.statusCode ?? 0, body: Buffer.concat(chunks) }));
        });
        outgoing.on('error', reject).end(body);
      });
    }
  });
}

const never = new AbortController().signal;
const deriver = instantDeriver();

function secretOf({ state }: Emulator, caller: string | undefined): string {
  if (caller === ROOT.accessKey) return ROOT.secretKey;
  const known = state.users.get(caller ?? '') ?? state.serviceAccounts.get(caller ?? '');
  return known?.secret ?? createHash('sha256').update('nobody').digest('hex');
}

function codeIn({ body }: Answer): string {
  const text = body.toString();
  if (text.startsWith('<')) return /<Code>([^<]*)</.exec(text)?.[1] ?? '';
  const json = text === '' ? undefined : (JSON.parse(text) as Json);
  return isJsonObject(json) ? readText(json['Code']) : '';
}

function routeOf({ path }: Recorded): string {
  return `/${path.split('?')[0]?.split('/').at(-1)}`;
}

/** A list that was empty at the one and not at the other says nothing. */
function couldDiffer(member: string, recorded: readonly string[]): boolean {
  const parent = member.replace(/(\{\}|\[\]).*$/, '');
  return recorded.some((other) => other.startsWith(parent) && !other.endsWith(':null') && other.length > parent.length);
}
