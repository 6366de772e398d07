import type { Credential, DataPlane, Store } from '../../plugins/civo/emulator/types.ts';
import type { AdminOps } from '../../plugins/croit-s3/test/fake-rgw.ts';
import { isJsonObject, type JsonObject } from '../../src/lib/json.ts';
import { sign } from '../../src/s3/index.ts';

export interface GatewayPlaneOptions {
  readonly endpoint: string;
  readonly admin: AdminOps;
  /** What a gigabyte of Civo is here: the gateway of a test has little memory. */
  readonly gigabyte: number;
}

/** The buckets of an emulated Civo in a real RADOS Gateway: a credential is a user there, a store a bucket with a quota. */
export function createGatewayPlane({ endpoint, admin, gigabyte }: GatewayPlaneOptions): DataPlane {
  const uidOf = ({ id }: Credential): string => `civo-${id}`;

  async function ask(
    method: string,
    entity: 'user' | 'bucket',
    query: Readonly<Record<string, string>>,
  ): Promise<JsonObject> {
    const { status, body } = await admin(method, entity, query);
    if (status >= 300)
      throw new Error(`the gateway answered ${status} to ${method} ${entity}: ${JSON.stringify(body)}`);
    return isJsonObject(body) ? body : {};
  }

  return {
    endpoint: () => endpoint,
    putUser: async (credential) => {
      const uid = uidOf(credential);
      const { status, body } = await admin('GET', 'user', { uid });
      if (status === 404) await ask('PUT', 'user', { uid, 'display-name': credential.name, 'generate-key': 'False' });
      const { accessKey, secretKey } = credential.keys;
      const keys = { 'access-key': accessKey, 'secret-key': secretKey, 'generate-key': 'False' };
      await ask('PUT', 'user', { key: '', uid, 'key-type': 's3', ...keys });
      for (const old of keysIn(body)) {
        if (old !== accessKey) await ask('DELETE', 'user', { key: '', uid, 'access-key': old });
      }
    },
    removeUser: async (credential) => {
      await ask('DELETE', 'user', { uid: uidOf(credential), 'purge-data': 'True' });
    },
    makeBucket: async ({ name, credential: { keys } }) => {
      const { host } = new URL(endpoint);
      const path = `/${name}`;
      const headers = sign({ method: 'PUT', host, path, body: '', keys, region: 'default', now: new Date() });
      const answer = await fetch(endpoint + path, { method: 'PUT', headers });
      if (!answer.ok) throw new Error(`the gateway answered ${answer.status} to the bucket ${name}`);
    },
    setQuota: async (store) => {
      const quota = {
        quota: '',
        uid: uidOf(store.credential),
        enabled: 'True',
        'max-size': String(store.sizeGb * gigabyte),
      };
      // That of a user follows the statistics of the gateway, that of a bucket holds at once.
      for (const type of ['user', 'bucket'])
        await ask('PUT', 'user', { ...quota, 'quota-type': type, 'max-objects': '-1' });
    },
    stats: async ({ name }: Store) => {
      const { usage } = await ask('GET', 'bucket', { bucket: name, stats: 'True' });
      const main = isJsonObject(usage) && isJsonObject(usage['rgw.main']) ? usage['rgw.main'] : {};
      return { bytes: Number(main['size'] ?? 0), objects: Number(main['num_objects'] ?? 0) };
    },
    removeBucket: async ({ name }) => {
      await ask('DELETE', 'bucket', { bucket: name, 'purge-objects': 'True' });
    },
    close: async () => undefined,
  };
}

function keysIn(user: unknown): readonly string[] {
  const keys: unknown = isJsonObject(user) ? user['keys'] : [];
  if (!Array.isArray(keys)) return [];
  return keys.flatMap((key: unknown) => {
    const id = isJsonObject(key) ? key['access_key'] : undefined;
    return typeof id === 'string' ? [id] : [];
  });
}
