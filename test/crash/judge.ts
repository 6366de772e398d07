import { isJsonObject } from '../../src/lib/json.ts';
import type { Resource } from '../../src/sandbox/model.ts';
import type { Account, Bench, KeyPair } from './bench.ts';
import { type Ending, GIB } from './stories.ts';

/** What is not as it must be when every one of `resources` has come to its `ending`. Empty when all is well. */
export function differences(bench: Bench, resources: readonly Resource[], ending: Ending): readonly string[] {
  const accounts = bench.accounts();
  const wrong = resources.flatMap((resource) => {
    const about = `${resource.backendId || resource.uuid}: `;
    return compare(bench, resource, accounts.get(resource.backendId), ending).map((text) => about + text);
  });
  const ours = new Set(ending.account === 'gone' ? [] : resources.map(({ backendId }) => backendId));
  for (const [name, { resource }] of accounts) {
    if (!ours.has(name)) wrong.push(`orphan ${name} of ${resource}`);
  }
  for (const left of bench.leftovers()) wrong.push(`left over: ${left}`);
  for (const { rule, detail } of bench.site.sandbox.invariants()) wrong.push(`${rule}: ${detail}`);
  return wrong;
}

function compare(bench: Bench, resource: Resource, account: Account | undefined, ending: Ending): string[] {
  const wrong: string[] = [];
  const expect = (what: string, is: unknown, must: unknown): void => {
    if (is !== must) wrong.push(`${what} is ${String(is)}, not ${String(must)}`);
  };
  const known = keysInWaldur(bench, resource);
  expect('resource', resource.state, ending.account === 'working' ? 'OK' : 'Terminated');
  if (ending.account === 'gone') {
    expect('keys in Waldur', shown(known), '');
    return wrong;
  }
  if (account === undefined) return [...wrong, 'there is no account'];
  expect('owner', account.resource, resource.uuid);
  expect('suspended', account.suspended, ending.account === 'suspended');
  expect('limit', account.bytes, (ending.gib ?? 0) * GIB);
  const keys = ending.account === 'working' ? shown(account.keys) : '';
  expect('keys in Waldur', shown(known), keys);
  if (ending.account === 'working' && keys === '') wrong.push('there is no key');
  return wrong;
}

/** Metadata of the consumer, or rows of API keys: wherever the offering keeps them, and whatever is left of the other. */
function keysInWaldur({ site }: Bench, resource: Resource): readonly KeyPair[] {
  const rows = site.sandbox.store.keys.by('resource', resource.uuid).filter(({ state }) => state === 'OK');
  const stored = resource.backendMetadata['s3_credentials'];
  const { access_key: accessKey, secret_key: secretKey } = isJsonObject(stored) ? stored : {};
  const pair = typeof accessKey === 'string' && typeof secretKey === 'string' ? [{ accessKey, secretKey }] : [];
  return [...rows.map(({ clientId, secret }) => ({ accessKey: clientId, secretKey: secret })), ...pair];
}

/** Keys of the test, secrets included: made up, and of a storage that is gone by then. */
function shown(keys: readonly KeyPair[]): string {
  return keys
    .map(({ accessKey, secretKey }) => `${accessKey}:${secretKey}`)
    .sort()
    .join(' ');
}
