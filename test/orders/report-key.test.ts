import { expect, test } from 'vitest';
import { AgentError } from '../../src/lib/errors.ts';
import { isListed, isRefusal, listKeys } from '../../src/orders/report-key.ts';
import type { ApiKeyQuery, Waldur } from '../../src/waldur/client.ts';
import type { ApiKey } from '../../src/waldur/types.ts';
import { OFFERING, offeringConfig, RESOURCE } from '../fakes/offering.ts';

const signal = new AbortController().signal;

function setup(values: Partial<ApiKey> = {}) {
  const queries: ApiKeyQuery[] = [];
  const row = { uuid: 'k', resource: RESOURCE, clientId: 'K1', state: 'OK', pendingAction: undefined, modified: '' };
  const list = async (query: ApiKeyQuery): Promise<readonly ApiKey[]> => {
    queries.push(query);
    return [{ ...row, ...values }];
  };
  return { deps: { offering: offeringConfig(), waldur: { apiKeys: { list } } as unknown as Waldur }, queries };
}

test('keys are asked for of one resource, or of the offering', async () => {
  const { deps, queries } = setup();
  await listKeys(deps, RESOURCE, signal);
  await listKeys(deps, undefined, signal);
  expect(queries).toEqual([{ offering: OFFERING, resource: RESOURCE }, { offering: OFFERING }]);
});

test.each<[Partial<ApiKey>, boolean]>([
  [{}, true],
  [{ clientId: 'K2' }, false],
  [{ state: 'Erred' }, false],
  [{ state: 'Updating' }, false],
])('Waldur has K1 when it lists it as OK: %j is %s', async (values, expected) => {
  const key = { resource: RESOURCE, accessKey: 'K1' };
  expect(await isListed(setup(values).deps, key, signal)).toBe(expected);
});

const failure = (code: string, disposition: AgentError['disposition']): AgentError =>
  new AgentError('no', { code, disposition });
test.each<[string, unknown, boolean]>([
  ['an outage', failure('WALDUR_FAILED', 'transient'), false],
  ['a conflict', failure('WALDUR_CONFLICT', 'transient'), true],
  ['what Waldur never accepts', failure('WALDUR_REFUSED', 'terminal'), true],
  ['a missing role', failure('WALDUR_FORBIDDEN', 'operator'), true],
  ['a mistake of ours', new TypeError('x'), true],
])('whether it is a refusal: %s', (_, error, expected) => {
  expect(isRefusal(error)).toBe(expected);
});
