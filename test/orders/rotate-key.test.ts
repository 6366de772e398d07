import { expect, test } from 'vitest';
import type { OfferingConfig } from '../../src/config/types.ts';
import { AgentError } from '../../src/lib/errors.ts';
import { createKeyStore } from '../../src/orders/key-store.ts';
import { rotateKey } from '../../src/orders/rotate-key.ts';
import type { Action, Applied, Backend, Observed } from '../../src/plugin/contract.ts';
import type { Waldur } from '../../src/waldur/client.ts';
import type { ApiKey, Resource } from '../../src/waldur/types.ts';
import { manualClock } from '../fakes/clock.ts';
import { silentLog } from '../fakes/log.ts';
import { offeringConfig, RESOURCE, resource } from '../fakes/offering.ts';

const signal = new AbortController().signal;
const KEY = '7c'.repeat(16);
const error = (code: string, disposition: AgentError['disposition'], hint?: string): AgentError =>
  new AgentError('It did not work.', { code, disposition, hint });
const CONFLICT = error('WALDUR_CONFLICT', 'transient');
const REFUSED = error('WALDUR_REFUSED', 'terminal');
const OUTAGE = error('WALDUR_FAILED', 'transient');

interface World {
  readonly row?: Partial<ApiKey> | undefined;
  readonly resource?: Partial<Resource>;
  readonly account?: Partial<Extract<Observed, { state: 'found' }>> | undefined;
  readonly offering?: Partial<OfferingConfig>;
  /** Calls that fail, by name. */
  readonly failing?: Readonly<Record<string, AgentError>>;
  /** The list fails once something was made. */
  readonly unlistable?: boolean;
  /** The backend makes a key and does not say which. */
  readonly silent?: boolean;
}

function setup(world: World) {
  const did: string[] = [];
  const clock = manualClock();
  const run = (name: string, what: string): void => {
    did.push(what);
    const failure = world.failing?.[name];
    if (failure !== undefined) throw failure;
  };
  const row: ApiKey = {
    uuid: KEY,
    resource: RESOURCE,
    clientId: 'OLD',
    state: 'Updating',
    pendingAction: undefined,
    modified: '2026-08-25T10:00:00Z',
    ...world.row,
  };
  const waldur = {
    apiKeys: {
      list: async () => {
        if (world.unlistable === true && did.includes('issue-key')) throw OUTAGE;
        return 'row' in world && world.row === undefined ? [] : [row];
      },
      setKey: async (_: string, { accessKey }: { accessKey: string }) => run('setKey', `set ${accessKey}`),
      setErred: async (_: string, text: string) => run('setErred', `erred: ${text}`),
    },
    resources: { get: async () => resource({ state: 'OK', backendId: 'a', ...world.resource }) },
  } as unknown as Waldur;
  const found: Observed = {
    state: 'found',
    account: 'a',
    resource: RESOURCE,
    suspended: false,
    quota: { bytes: null, objects: null },
    keys: ['OLD', 'OTHER'].map((id) => ({ id, works: true })),
    metadata: {},
    endpoints: [],
    ...world.account,
  };
  const absent = 'account' in world && world.account === undefined;
  const backend = {
    observe: async function* (): AsyncGenerator<Observed> {
      yield absent ? { state: 'absent', account: 'a' } : found;
    },
    apply: async (action: Action): Promise<Applied> => {
      run(action.kind, action.kind === 'revoke-key' ? `revoke ${action.accessKey}` : action.kind);
      const credentials = { accessKey: 'NEW', secretKey: 's', endpoint: 'https://s3', region: 'r' };
      return { changed: true, ...(action.kind === 'issue-key' && world.silent !== true && { credentials }) };
    },
  } as unknown as Backend;
  const offering = offeringConfig(world.offering);
  const random = () => 0.5;
  const keys = createKeyStore({ offering, waldur, clock, random });
  const deps = { offering, waldur, backend, keys, clock, random, log: silentLog() };
  const rotate = async () => {
    const ending = rotateKey(deps, { resource: RESOURCE, key: KEY }, signal).catch((reason: AgentError) => reason.code);
    for (let pause = 0; pause < 5; pause++) await clock.advance(10_000);
    return ending;
  };
  return { did, rotate };
}

test.each<[string, World, string, readonly string[]]>([
  ['a rotation', {}, 'rotated', ['issue-key', 'set NEW', 'revoke OLD']],
  [
    'one of a newer server',
    { row: { state: 'Updating', pendingAction: 'rotate' } },
    'rotated',
    ['issue-key', 'set NEW', 'revoke OLD'],
  ],
  ['an old key that is gone', { account: { keys: [] } }, 'rotated', ['issue-key', 'set NEW']],
  [
    'an old key that cannot be revoked',
    { failing: { 'revoke-key': error('FAKE_DOWN', 'transient') } },
    'rotated',
    ['issue-key', 'set NEW', 'revoke OLD'],
  ],
  ['a key that is settled already', { row: { state: 'OK' } }, 'skipped', []],
  ['a key that is gone', { row: undefined }, 'skipped', []],
  ['a resource that ends', { resource: { state: 'Terminating' } }, 'skipped', []],
  ['a resource of another offering', { resource: { offering: 'ee'.repeat(16) } }, 'skipped', []],
  ['a resource without an account', { resource: { backendId: '' } }, 'skipped', []],
  [
    'a command of a newer server',
    { row: { state: 'OK', pendingAction: 'pause' } },
    'declined',
    ['erred: This storage does not pause single access keys.'],
  ],
  ['a command of a server to come', { row: { state: 'OK', pendingAction: 'juggle' } }, 'skipped', []],
  [
    'a backend that refuses',
    { failing: { 'issue-key': error('FAKE_FULL', 'terminal', 'Revoke a key first.') } },
    'failed',
    ['issue-key', 'erred: It did not work. Revoke a key first. (FAKE_FULL)'],
  ],
  [
    'the account of someone else',
    { account: { resource: 'b'.repeat(32) } },
    'failed',
    [expect.stringMatching(/^erred: The account name .*\(ACCOUNT_TAKEN\)$/)],
  ],
  [
    'a Waldur that refuses',
    { failing: { setKey: REFUSED } },
    'failed',
    ['issue-key', 'set NEW', 'revoke NEW', 'erred: Waldur did not take the new access key. (WALDUR_REFUSED)'],
  ],
  [
    'someone who was faster',
    { failing: { setKey: CONFLICT, setErred: CONFLICT } },
    'failed',
    ['issue-key', 'set NEW', 'revoke NEW', 'erred: Waldur did not take the new access key. (WALDUR_CONFLICT)'],
  ],
  [
    'a Waldur that is down: the key waits, and the new one goes',
    { failing: { setKey: OUTAGE } },
    'WALDUR_FAILED',
    ['issue-key', 'set NEW', 'set NEW', 'set NEW', 'revoke NEW'],
  ],
  [
    'no one who can say whether Waldur has it: then it stays',
    { failing: { setKey: OUTAGE }, unlistable: true },
    'KEY_UNSETTLED',
    ['issue-key', 'set NEW', 'set NEW', 'set NEW'],
  ],
  [
    'a refusal that Waldur does not take now: the key waits',
    { failing: { 'issue-key': error('FAKE_FULL', 'terminal'), setErred: OUTAGE } },
    'WALDUR_FAILED',
    ['issue-key', 'erred: It did not work. (FAKE_FULL)'],
  ],
  [
    'a refusal of a key that was settled meanwhile',
    { failing: { 'issue-key': error('FAKE_FULL', 'terminal'), setErred: CONFLICT } },
    'failed',
    ['issue-key', 'erred: It did not work. (FAKE_FULL)'],
  ],
  ['a backend that names no key', { silent: true }, 'skipped', ['issue-key']],
  ['a backend that is down', { failing: { 'issue-key': error('FAKE_DOWN', 'transient') } }, 'FAKE_DOWN', ['issue-key']],
  ['an account that is gone', { account: undefined }, 'ACCOUNT_VANISHED', []],
  ['a policy that forbids it', { offering: { policy: 'no-delete' } }, 'POLICY', []],
])('%s', async (_, world, ending, did) => {
  const made = setup(world);
  expect(await made.rotate()).toBe(ending);
  expect(made.did).toEqual(did);
});
