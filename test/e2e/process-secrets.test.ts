import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test, vi } from 'vitest';
import type { FaultAction } from '../../src/sandbox/faults.ts';
import type { Order } from '../../src/sandbox/model.ts';
import { closeAll, FIVE, openProcessSite, type ProcessSite, patience } from '../fakes/process.ts';

vi.setConfig({ testTimeout: 120_000 });
afterEach(closeAll);

/** Looks different in every encoding. */
const TOKEN = 'tok/3n+of=the"agent&it\\is?secret';

/** How a secret can come out: as it is, encoded, or somewhere within a longer text that was encoded. */
function formsOf(secret: string): readonly string[] {
  // Base64 of a text that contains it, at each of the three alignments, without the characters its neighbours touch.
  const within = [0, 1, 2].map((shift) => {
    const encoded = Buffer.from(`${'x'.repeat(shift)}${secret}`)
      .toString('base64')
      .replace(/=+$/, '');
    return encoded.slice(shift === 0 ? 0 : 4, -2);
  });
  const url = within.map((text) => text.replaceAll('+', '-').replaceAll('/', '_'));
  const json = JSON.stringify(secret).slice(1, -1);
  const hex = Buffer.from(secret).toString('hex');
  return [secret, json, JSON.stringify(json).slice(1, -1), encodeURIComponent(secret), hex, ...within, ...url];
}

function expectNone(secrets: readonly string[], output: Readonly<Record<string, string>>): void {
  for (const [where, text] of Object.entries(output)) {
    if (where !== 'stderr') expect(text, where).not.toBe('');
    for (const form of secrets.flatMap(formsOf))
      expect(text.includes(form), `${form} in ${where}: ${text}`).toBe(false);
  }
}

async function openSecretive(): Promise<ProcessSite> {
  const site = await openProcessSite();
  const { url } = site.sandbox;
  await fetch(new URL('/_test/tokens', url), {
    method: 'POST',
    body: JSON.stringify({ user: 'provider-owner', key: TOKEN }),
  });
  return site;
}

const env = { WALDUR_TOKEN: TOKEN };
const secretOf = ({ resource }: Order): string =>
  String((resource.backendMetadata['s3_credentials'] as Record<string, unknown>)['secret_key']);

test('the daemon shows none of its secrets, whatever Waldur and the broker throw at it', async () => {
  const site = await openSecretive();
  const { sandbox } = site;
  site.configure({
    log_level: 'trace',
    log_shipping: { enabled: true },
  });
  const agent = await site.run({ env });
  const pages: Record<string, string> = {};
  const look = async (when: string): Promise<void> => {
    for (const page of ['/metrics', '/readyz', '/healthz']) pages[`${page} ${when}`] = (await agent.page(page)).text;
  };
  const order = sandbox.placeOrder(FIVE);
  await sandbox.await(order, 'done', patience());
  const secret = secretOf(order);
  expect(secret.length).toBeGreaterThan(20);

  // Waldur quotes what it was sent.
  const echo = `You sent ${TOKEN} and ${secret}.`;
  const strike = async (path: string, action: FaultAction, said: RegExp): Promise<void> => {
    sandbox.faults.add({ match: { path }, action, times: 1 });
    agent.child.kill('SIGUSR2');
    await agent.says(said);
  };
  const update = sandbox.placeOrder({ type: 'Update', resource: order.resource.uuid, limits: { storage: 7 } });
  const refusal = { kind: 'status', status: 400, body: { backend_metadata: [echo] } } as const;
  await strike('*/set_backend_metadata/', refusal, /set backend metadata \(resources\): Waldur answered 400/);
  await sandbox.await(update, 'done', patience());
  const lists = '/api/marketplace-provider-resources/';
  await strike(lists, { kind: 'redirect', location: `https://x.example/?token=${TOKEN}` }, /WALDUR_REDIRECT/);
  await look('after a redirect');
  await strike(lists, { kind: 'status', status: 500, body: { detail: TOKEN } }, /WALDUR_FAILED/);
  await strike(lists, { kind: 'status', status: 200, body: TOKEN }, /WALDUR_BAD_ANSWER/);
  await strike(lists, { kind: 'reset.before' }, /WALDUR_UNREACHABLE/);
  // So does the broker.
  sandbox.broker.fault({
    kind: 'inject',
    bytes: `ERROR\nmessage:Bad CONNECT ${TOKEN}\n\nAccess refused for ${TOKEN}\n\0`,
  });
  await agent.says(/STOMP_|BROKER_/);

  writeFileSync(join(site.storage, order.resource.backendId, 'object'), 'data');
  const refused = sandbox.placeOrder({ type: 'Terminate', resource: order.resource.uuid });
  await sandbox.await(refused, 'erred', patience());
  agent.child.kill('SIGUSR2');
  await agent.says(/"usage reported"/);
  site.configure({ log_level: 'trace', offerings: [] });
  agent.child.kill('SIGHUP');
  await agent.says(/"reload rejected/);
  await look('in the end');
  const cmdline = readFileSync(`/proc/${agent.child.pid}/cmdline`, 'utf8');
  agent.child.kill('SIGTERM');
  expect(await agent.ended).toBe(0);
  const sent = sandbox.journal.entries(0, 'http').map(({ path = '', query = '' }) => `${path}?${query}`);
  const { stdout, stderr } = agent.output;
  expectNone([TOKEN, secret], { stdout, stderr, cmdline, ...pages, URLs: sent.join('\n') });
});

test('no command shows a secret', async () => {
  const site = await openSecretive();
  const { sandbox } = site;
  const agent = await site.run({ env });
  const order = sandbox.placeOrder(FIVE);
  await sandbox.await(order, 'done', patience());
  const secret = secretOf(order);
  agent.child.kill('SIGTERM');
  await agent.ended;
  sandbox.placeOrder({ type: 'Update', resource: order.resource.uuid, limits: { storage: 7 } });

  const outputs: Record<string, string> = {};
  const commands = ['validate', 'doctor', 'plan', 'report --dry-run', 'report', 'components diff', 'healthcheck'];
  const runs = [...commands, ...commands.map((command) => `${command} --json`)];
  const collect = (when: string) => async (command: string) => {
    const { stdout, stderr } = await site.command([...command.split(' '), '-v'], { env });
    outputs[`${command} ${when}`] = stdout + stderr;
  };
  await Promise.all(runs.map(collect('of a good file')));
  sandbox.faults.add({ action: { kind: 'status', status: 403, body: { detail: `Not with ${TOKEN}` } } });
  await Promise.all(['doctor', 'plan --json', 'report'].map(collect('that Waldur refuses')));
  // Written into the file, and on a line with a mistake.
  const literal = { ...site.offering('limit', { waldur_api_token: TOKEN }), waldur_api_tokn: TOKEN, x: [TOKEN] };
  site.configure({ offerings: [literal] });
  await Promise.all(['validate', 'run', 'validate --json'].map(collect('of a bad file')));
  expectNone([TOKEN, secret], outputs);
});
