import { GATEWAY, openCephLab, s3 } from './ceph-gateway.ts';
import { type S3World, testTool } from './s3-clients.ts';
import type { S3Target } from './s3-tools.ts';

/** What the clients' tests expect is what a gateway does that no one here wrote. */
for (const name of ['awscli', 's3cmd', 'rclone'] as const) testTool(name, { files: 100, explains: false }, openGateway);

async function openGateway(): Promise<S3World> {
  const lab = await openCephLab();
  const bucketOf = async (account: string, bytes: number): Promise<S3Target> => {
    await lab.admin('PUT', 'user', { uid: account, 'display-name': account, 'generate-key': 'False' });
    const quota = { quota: '', uid: account, 'quota-type': 'bucket', enabled: 'True', 'max-size': `${bytes}` };
    await lab.admin('PUT', 'user', { ...quota, 'max-objects': '-1' });
    const keys = await lab.key(account);
    await s3(keys, 'PUT', `/${account}`);
    return { endpoint: GATEWAY.endpoint, region: 'default', bucket: account, ...keys };
  };
  const target = await bucketOf('tools', 1_073_741_824);
  return {
    target,
    absent: { ...target, bucket: 'made-by-a-client' },
    small: await bucketOf('small', 4_194_304),
    close: () => lab.close(),
  };
}
