import type { PluginContext } from '../../src/plugin/contract.ts';
import { createS3 } from '../../src/s3/client/client.ts';
import { purgeBucket } from '../../src/s3/client/purge.ts';
import { mintKeyPair } from '../../src/s3/key-pair.ts';
import type { KeyPair } from '../../src/s3/sigv4.ts';
import type { Client } from './client.ts';
import { connect } from './connect.ts';
import { endpointOf, type Settings } from './settings.ts';

/** Empties a bucket as its owner and removes it: croit has no call for that. */
export async function purgeWithOwnKeys(
  context: PluginContext<Settings>,
  client: Pick<Client, 'keys' | 'putKey'>,
  account: string,
  bucket: string,
  signal: AbortSignal,
): Promise<void> {
  const { settings, clock } = context;
  const s3 = createS3({
    connect: (options) => connect(context, options),
    endpoint: endpointOf(settings),
    region: settings.s3_region,
    keys: await ownKey(context, client, account, signal),
    now: () => clock.now(),
  });
  try {
    await purgeBucket(s3, bucket, signal);
  } finally {
    s3.close();
  }
}

/** Any key of the account will do; one that has none left gets one, which goes with the account. */
async function ownKey(
  context: PluginContext<Settings>,
  client: Pick<Client, 'keys' | 'putKey'>,
  account: string,
  signal: AbortSignal,
): Promise<KeyPair> {
  const [key] = await client.keys(account, signal);
  if (key !== undefined && key.secretKey !== '') return key;
  const minted = mintKeyPair((bytes) => context.random(bytes));
  await client.putKey(account, minted, signal);
  return minted;
}
