import type { AttributeRules } from '../../src/plugin/contract.ts';

/** What an order may say beside limits. Neither can change later: it would be another account. */
export const attributes: AttributeRules = {
  schema: {
    type: 'object',
    additionalProperties: false,
    properties: {
      username: {
        type: 'string',
        title: 'User name on the host',
        pattern: '^(?!-)[A-Za-z0-9._-]{1,255}$',
        'x-expected': 'a user name of letters, digits, ".", "_" and "-"',
        description: 'An existing user or group, where the offering limits those.',
      },
      host: {
        type: 'string',
        title: 'Storage host',
        pattern: '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$',
        'x-expected': 'the id of a storage host',
        description: 'Where the quota is set, in an offering of several hosts.',
      },
    },
  },
};
