import { freePort } from '../../src/cli/demo/free-port.ts';
import type { Config } from '../../src/config/types.ts';
import { FIXTURE } from '../../src/sandbox/fixture.ts';
import { fulfilled, ready } from '../e2e/helpers.ts';
import { openSite, type Site } from '../fakes/site.ts';
import type { S3World } from './s3-clients.ts';
import { credentialsOf, type S3Target } from './s3-tools.ts';

export interface GatewayWorld extends S3World {
  readonly site: Site;
}

/** Of who owns the server. */
const ADMINISTRATOR = { accessKey: 'ADMINISTRATOR', secretKey: 'secret-of-the-administrator' };

/** An agent whose gateway serves two buckets that were ordered, of 1 GiB and of 4 MiB. */
export async function openGatewayWorld(): Promise<GatewayWorld> {
  const site = await openSite({
    offering: 'options',
    settings: [
      `listen: 127.0.0.1:${await freePort(Math.random)}`,
      `access_key: ${ADMINISTRATOR.accessKey}`,
      `secret_key: ${ADMINISTRATOR.secretKey}`,
      // Every client speaks to one thread, and its buckets are in others.
      'gateway_workers: 3',
      '',
    ].join('\n'),
    tune: soldInMebibytes,
  });
  await ready(site);
  const order = async (storage_limit: number): Promise<S3Target> => {
    const { resource } = await fulfilled(site, { offering: FIXTURE.options, attributes: { storage_limit } });
    return { ...credentialsOf(resource.backendMetadata), bucket: resource.backendId };
  };
  const target = await order(1024);
  const absent = { ...target, ...ADMINISTRATOR, bucket: 'made-by-a-client' };
  return { site, target, small: await order(4), absent, close: () => site.close() };
}

function soldInMebibytes(config: Config): Config {
  const offerings = config.offerings.map(({ components, ...offering }) => ({
    ...offering,
    components: components.map((component) =>
      component.backendName === 'storage' ? { ...component, unitFactor: 1_048_576 } : component,
    ),
  }));
  return { ...config, offerings };
}
