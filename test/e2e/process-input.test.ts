import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import { closeAll, FIVE, openProcessSite, type ProcessSite, patience, soon } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

/** Ten levels of ten aliases each. */
const BOMB = Array.from({ length: 10 }, (_, level) => {
  const items = level === 0 ? Array(10).fill('lol') : Array(10).fill(`*l${level - 1}`);
  return `l${level}: &l${level} [${items.join(', ')}]`;
}).join('\n');

/** What is wrong with a file, and what is said about it. */
const FILES: Readonly<Record<string, (site: ProcessSite) => readonly [text: string | Uint8Array, said: RegExp]>> = {
  'an unknown key': (site) => [
    offeringOf(site, { stomp_enabld: true }),
    /:\d+:\d+: unknown key "stomp_enabld"[\s\S]*did you mean "stomp_enabled"/,
  ],
  'a wrong type': (site) => [
    offeringOf(site, { stomp_enabled: 'maybe' }),
    /:\d+:\d+: "stomp_enabled" must be true or false/,
  ],
  'an offering twice': (site) => [
    JSON.stringify({ offerings: [site.offering(), site.offering()] }),
    /:\d+:\d+: "name" is already used by offerings\[0\]\n[\s\S]*"waldur_offering_uuid" is already used/,
  ],
  'a UUID that is none': (site) => [
    offeringOf(site, { waldur_offering_uuid: '1234' }),
    /"waldur_offering_uuid" must be a UUID/,
  ],
  'a URL that is none': (site) => [
    offeringOf(site, { waldur_api_url: 'waldur.example.org' }),
    /"waldur_api_url" must be an http:\/\/ or https:\/\/ URL/,
  ],
  'a backend that no one knows': (site) => [
    offeringOf(site, { backend_type: 'ironbucket-locl' }),
    /did you mean "ironbucket-local"/,
  ],
  'a secret that is not there': (site) => [
    offeringOf(site, { waldur_api_token: '${file:/nowhere/token}' }),
    /cannot read \/nowhere\/token: there is no such file/,
  ],
  'a variable that is not set': (site) => [
    offeringOf(site, { waldur_api_token: '${env:NOT_SET}' }),
    /environment variable NOT_SET is not set/,
  ],
  'aliases that explode': () => [`${BOMB}\nofferings: *l9\n`, /:\d+:\d+: /],
  'broken YAML': () => ['offerings:\n\t- name: x\n', /:2:1: tabs cannot be used for indentation/],
  'bytes that are no text': () => [Uint8Array.of(0xff, 0xfe, 0, 1, 2), /:1:1: the file is not UTF-8 text/],
  'nothing at all': () => ['', /it is empty/],
};

function offeringOf(site: ProcessSite, changes: Readonly<Record<string, unknown>>): string {
  return JSON.stringify({ listen: '127.0.0.1:0', offerings: [site.offering('limit', changes)] }, undefined, 1);
}

test('a wrong configuration is one readable report, and nothing is started', async () => {
  const site = await openProcessSite();
  const runs = Object.entries(FILES).map(async ([what, make]) => {
    const file = join(site.folder, `${what}.yaml`);
    const [text, said] = make(site);
    writeFileSync(file, text, { mode: 0o600 });
    const { code, stdout, stderr } = await site.command(['run', '-c', file]);
    expect(stderr, what).toMatch(said);
    expect(stderr, what).toMatch(/^error: .* has (1 error|\d+ errors) \(CONFIG_INVALID\)\n {2}nothing was changed\n$/m);
    expect(stderr.length, what).toBeLessThan(2000);
    expect(stderr, what).not.toMatch(/^\s+at /m);
    expect([what, code, stdout]).toEqual([what, 78, '']);
  });
  await Promise.all(runs);
  expect(site.sandbox.journal.entries()).toEqual([]);
});

test.each([
  ['is not there', 'nowhere.yaml', /cannot be read: there is no such file \(ENOENT\) \(CONFIG_UNREADABLE\)/],
  ['is a directory', 'storage', /cannot be read: it is a directory \(EISDIR\) \(CONFIG_UNREADABLE\)/],
])('a configuration that %s', async (_, name, said) => {
  const site = await openProcessSite();
  const { code, stdout, stderr } = await site.command(['run', '-c', join(site.folder, name)]);
  expect(stderr).toMatch(said);
  expect([code, stdout]).toEqual([78, '']);
});

test('validate tells a program everything at once', async () => {
  const site = await openProcessSite();
  site.configure({ lisen: 1, offerings: [site.offering('limit', { waldur_offering_uuid: 'x', stomp_enabled: 0 })] });
  const { code, stdout, stderr } = await site.command(['validate', '--json']);
  expect([code, stderr]).toEqual([78, '']);
  const report = JSON.parse(stdout) as { valid: boolean; diagnostics: { path: string; line: number }[] };
  expect(report).toMatchObject({ version: 1, file: site.file, valid: false });
  expect(report.diagnostics.map(({ path }) => path).toSorted()).toEqual([
    '/lisen',
    '/offerings/0/stomp_enabled',
    '/offerings/0/waldur_offering_uuid',
  ]);
  expect(report.diagnostics.every(({ line }) => line > 1)).toBe(true);
});

test.each([
  ['a page', { kind: 'status', status: 200, body: '<html>Sign in</html>' }, 'orders: WALDUR_BAD_ANSWER'],
  ['a redirect', { kind: 'redirect', location: 'https://sso.example.org/login?next=x' }, 'WALDUR_REDIRECT'],
  ['401', { kind: 'status', status: 401, body: { detail: 'Invalid token.' } }, 'WALDUR_UNAUTHORIZED'],
  ['403', { kind: 'status', status: 403, body: { detail: 'No.' } }, 'WALDUR_FORBIDDEN'],
  ['500', { kind: 'status', status: 500, body: '<h1>Server Error</h1>' }, 'orders: WALDUR_FAILED'],
] as const)('where Waldur answers %s it runs, says so, and goes on when that is over', async (_, action, detail) => {
  const site = await openProcessSite();
  const { sandbox } = site;
  site.configure({ poll_interval: '1s' });
  sandbox.faults.add({ action });
  const agent = await site.run();
  await soon(async () => {
    const { status, text } = await agent.page('/readyz');
    expect(status).toBe(503);
    expect(JSON.parse(text)).toMatchObject({
      probes: [{ ok: true }, { name: 'offering limit', ok: false, detail: expect.stringContaining(detail) }],
    });
  });
  expect((await agent.page('/healthz')).status).toBe(200);
  sandbox.faults.clear();
  await sandbox.await(sandbox.placeOrder(FIVE), 'done', patience());
  await soon(async () => expect((await agent.page('/readyz')).status).toBe(200));
});
