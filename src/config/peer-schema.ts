import type { JsonSchema } from '../plugin/contract.ts';

/** How a peer of the agent is reached; each use of PROXY says what it is for. */
export const PROXY: JsonSchema = {
  type: 'string',
  pattern: '^(env|https?://.+|)$',
  'x-expected': 'an http:// or https:// URL, or env for HTTP_PROXY, HTTPS_PROXY and NO_PROXY',
};

export const CA_FILE: JsonSchema = {
  type: 'string',
  pattern: '^/',
  'x-expected': 'an absolute path',
  description: 'PEM file of further CAs.',
};
