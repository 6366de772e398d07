import { describe, expect, test } from 'vitest';
import { PLUGIN_API_VERSION } from '../../src/plugin/contract.ts';
import { pluginProblems } from '../../src/plugin/schema.ts';

const settings = {
  type: 'object',
  additionalProperties: false,
  properties: { prefix: { type: 'string', default: 'w_' } },
};
const plugin = {
  apiVersion: PLUGIN_API_VERSION,
  id: 'demo',
  summary: 'a backend for tests',
  settings,
  components: {},
  metering: ['current'],
  keys: 1,
  offering: {},
  naming: ({ prefix }: { readonly prefix: string }) => ({ prefix, separator: '_', filler: '_', maxLength: 64 }),
  create: () => undefined,
};

describe('a plugin can be used', () => {
  test.each<[string, object]>([
    ['with what it must have', {}],
    ['without keys', { keys: 0 }],
    ['with two keys', { keys: 2 }],
    ['with a long id', { id: `a${'_'.repeat(40)}` }],
    ['with all it may have', { aliases: ['other'], gauges: { free_bytes: 'Free.' }, problems: () => [] }],
    ['with a gauge of the longest name', { gauges: { [`a${'_'.repeat(40)}`]: 'x' } }],
    [
      'with settings that name no properties',
      {
        settings: { type: 'object', additionalProperties: false },
        naming: () => plugin.naming({ prefix: '' }),
      },
    ],
  ])('%s', (_, more) => {
    expect(pluginProblems({ ...plugin, ...more })).toEqual([]);
  });
});

describe('it cannot be used', () => {
  test.each<[object, string]>([
    [{ apiVersion: 1 }, `it is made for API version 1, not ${PLUGIN_API_VERSION}`],
    [{ id: undefined }, '"id" is not a short lower-case name'],
    [{ id: `a${'_'.repeat(41)}` }, '"id" is not a short lower-case name'],
    [{ id: '1a' }, '"id" is not a short lower-case name'],
    [{ id: ['a'] }, '"id" is not a short lower-case name'],
    [{ summary: undefined }, '"summary" is not a text'],
    [{ aliases: [1] }, '"aliases" is not a list of names'],
    [{ aliases: ['a', 1] }, '"aliases" is not a list of names'],
    [{ components: [] }, '"components" is not an object'],
    [{ components: null }, '"components" is not an object'],
    [{ keys: 3 }, '"keys" is not 0, 1 or 2'],
    [{ keys: undefined }, '"keys" is not 0, 1 or 2'],
    [{ metering: [] }, '"metering" is not a list'],
    [{ metering: 'current' }, '"metering" is not a list'],
    [{ offering: undefined }, '"offering" is not an object'],
    [{ gauges: [] }, '"gauges" is not an object of lower-case names and texts'],
    [{ gauges: { a: 'x', size_total: 'x' } }, '"gauges" is not an object of lower-case names and texts'],
    [{ gauges: { Size: 'x' } }, '"gauges" is not an object of lower-case names and texts'],
    [{ gauges: { size: 1 } }, '"gauges" is not an object of lower-case names and texts'],
    [{ create: {} }, '"create" is not a function'],
    [{ problems: [] }, '"problems" is not a function'],
    [{ settings: undefined }, '"settings" is not an object schema with "additionalProperties": false'],
    [
      { settings: { ...settings, type: 'array' } },
      '"settings" is not an object schema with "additionalProperties": false',
    ],
    [
      { settings: { ...settings, additionalProperties: true } },
      '"settings" is not an object schema with "additionalProperties": false',
    ],
    [
      { settings: { ...settings, properties: { credentials: {} } } },
      '"settings" must not have "credentials": every plugin gets it',
    ],
    [
      { settings: { ...settings, properties: { a: { type: 'text' } } } },
      expect.stringMatching(/^"settings" is not a valid schema: /),
    ],
    [{ naming: () => undefined }, '"naming" returns no rules'],
    [{ naming: () => [] }, '"naming" returns no rules'],
    [
      {
        naming: () => {
          throw new Error('there is no host');
        },
      },
      '"naming" fails with default settings: there is no host',
    ],
    [
      {
        naming: () => {
          const text: unknown = 'no host';
          throw text;
        },
      },
      '"naming" fails with default settings: no host',
    ],
    [{ naming: () => plugin.naming({ prefix: '../' }) }, expect.stringContaining('the account prefix "../"')],
  ])('with %o', (more, problem) => {
    expect(pluginProblems({ ...plugin, ...more })).toEqual([problem]);
  });

  test.each([undefined, null, 'plugin', [plugin]])('when it is %j', (value) => {
    expect(pluginProblems(value)).toEqual(['it exports no object named "plugin"']);
  });

  test('and everything that is wrong is said at once, before its names are asked for', () => {
    const { naming: _, ...rest } = plugin;
    expect(pluginProblems({ ...rest, id: '', keys: 5 })).toEqual([
      '"id" is not a short lower-case name',
      '"keys" is not 0, 1 or 2',
    ]);
  });
});
