import type { CommonSettings } from '../../src/plugin/contract.ts';

/** Where the keys of a store are in Waldur: the key of the metadata, or the API key, whose UUID the agent puts in. */
export interface SecretRefs {
  readonly accessKey: string;
  readonly secretKey: string;
}

export function secretRefs({ credentials }: CommonSettings): SecretRefs {
  return credentials === 'metadata'
    ? { accessKey: 's3_credentials.access_key', secretKey: 's3_credentials.secret_key' }
    : { accessKey: 'api_keys.{api_key_uuid}.client_id', secretKey: 'api_keys.{api_key_uuid}.api_key' };
}
