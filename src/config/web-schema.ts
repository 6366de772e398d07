import type { JsonSchema } from '../plugin/contract.ts';
import { CA_FILE, PROXY } from './peer-schema.ts';

const URL_WITHOUT_QUERY = '^https?://[^/?#@\\s]+(/[^?#\\s]*)?$';

/** How people log in. */
const LOGIN: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  required: ['issuer', 'client_id', 'admins'],
  description: 'Login with OpenID Connect. Without it there is no page beyond this machine.',
  properties: {
    issuer: {
      type: 'string',
      pattern: URL_WITHOUT_QUERY,
      'x-expected': 'an http:// or https:// URL',
      description: 'The login server, for example https://login.example.org/realms/site',
    },
    client_id: { type: 'string', minLength: 1, maxLength: 200 },
    client_secret: {
      type: 'string',
      minLength: 1,
      'x-secret': true,
      description: 'Without it the client is public, and proves itself by PKCE alone.',
    },
    ca_file: CA_FILE,
    proxy: { ...PROXY, description: 'Proxy for the login server; empty for none. Default: global_proxy.' },
    scope: { type: 'string', minLength: 1, default: 'openid profile', description: 'Must contain openid.' },
    user_claim: {
      type: 'string',
      minLength: 1,
      default: 'preferred_username',
      description: 'The claim that is the name of a person.',
    },
    role_claim: {
      type: 'string',
      minLength: 1,
      description: 'The claim that holds the roles or groups of a person, such as groups or realm_access.roles.',
    },
    admins: {
      type: 'array',
      items: { type: 'string', minLength: 1 },
      uniqueItems: true,
      description: 'Who is an operator: values of role_claim; without role_claim, names of people.',
    },
    session: {
      type: 'string',
      pattern: '^([1-9]|[1-9][0-9])h$',
      'x-expected': 'a number of hours such as 8h',
      default: '8h',
      description: 'How long a login holds, at most.',
    },
  },
};

/** The page for people. */
export const WEB: JsonSchema = {
  type: 'object',
  additionalProperties: false,
  'x-restart': true,
  description: 'The page for people. A change needs a restart.',
  properties: {
    public_url: {
      type: 'string',
      pattern: URL_WITHOUT_QUERY,
      'x-expected': 'an http:// or https:// URL',
      description: 'Where browsers find the page, with the path of a reverse proxy: https://agent.example.org/storage',
    },
    base_path: {
      type: 'string',
      pattern: '^(/[A-Za-z0-9._~-]+)+$',
      'x-expected': 'a path such as /storage',
      description:
        'The path that a reverse proxy leaves before the paths of the agent. Default: the path of public_url.',
    },
    login: LOGIN,
  },
};
