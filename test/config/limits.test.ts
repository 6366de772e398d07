import { describe, expect, test } from 'vitest';
import { ENV, fileWith, load } from './load-text.ts';

const GIB = 1_073_741_824;

function errors(more: Readonly<Record<string, unknown>>): readonly string[] {
  const { diagnostics } = load(fileWith(more), { env: { ...ENV, SECRET: 'the secret of a client' } });
  return diagnostics.filter(({ severity }) => severity === 'error').map(({ message }) => message);
}

describe('the limit of a component', () => {
  const component = { accounting_type: 'usage', unit_factor: GIB };
  const limit = (value: number): string => `limit ${value} of "storage" is not between min_value and max_value`;
  test.each<[string, Readonly<Record<string, number>>, readonly string[]]>([
    ['is the least', { limit: 5, min_value: 5, max_value: 10 }, []],
    ['is the most', { limit: 10, min_value: 5, max_value: 10 }, []],
    ['is the only one', { limit: 5, min_value: 5, max_value: 5 }, []],
    ['is too small', { limit: 4, min_value: 5, max_value: 10 }, [limit(4)]],
    ['is too large', { limit: 11, min_value: 5, max_value: 10 }, [limit(11)]],
    ['has no most', { limit: 1_000_000, min_value: 5 }, []],
    ['has no least', { limit: 0, max_value: 10 }, []],
    ['comes from the other agent, and is too large', { default_limit: 11, max_value: 10 }, [limit(11)]],
    ['wins over that of the other agent', { limit: 4, default_limit: 11, max_value: 10 }, []],
  ])('%s', (_, bounds, expected) => {
    expect(errors({ backend_components: { storage: { ...component, ...bounds } } })).toEqual(expected);
  });
});

test('a factor to bytes is that of a unit people buy', () => {
  const factor = (unit_factor: number) =>
    errors({ backend_components: { storage: { accounting_type: 'usage', unit_factor } } });
  expect(factor(1000)).toEqual([]);
  expect(factor(999)).toEqual(['"storage" is counted in bytes and has unit_factor 999: gigabytes would become bytes']);
});

describe('without a token', () => {
  const oidc = {
    oidc_token_url: 'https://id.example.com/token',
    oidc_client_id: 'agent',
    oidc_client_secret: '${env:SECRET}',
  };
  test('all of OIDC is a credential', () => {
    expect(errors({ waldur_api_token: undefined, stomp_enabled: false, ...oidc })).toEqual([]);
  });

  test.each(Object.keys(oidc))('OIDC without %s is none', (missing) => {
    const rest = Object.fromEntries(Object.entries(oidc).filter(([key]) => key !== missing));
    expect(errors({ waldur_api_token: undefined, stomp_enabled: false, ...rest })).toHaveLength(1);
  });
});
