import { describeStorage } from '../object-storage/suite.ts';
import { GATEWAY } from './ceph-gateway.ts';

describeStorage('a RADOS Gateway', async () => ({
  endpoint: new URL(GATEWAY.endpoint).host,
  ...GATEWAY.plain,
  region: 'default',
  now: () => new Date(),
  close: async () => undefined,
}));
