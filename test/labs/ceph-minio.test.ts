import { afterAll } from 'vitest';
import { instantDeriver } from '../../plugins/minio/test/instant-deriver.ts';
import { GATEWAY } from './ceph-gateway.ts';
import { startEmulator } from './minio/emulator.ts';
import { createGatewayPlane } from './minio/gateway-plane.ts';
import { describeLive } from './minio/live-suite.ts';

/** The emulated admin API in front of a real RADOS Gateway, which keeps the buckets. */
const plane = createGatewayPlane({ endpoint: GATEWAY.endpoint, keys: GATEWAY.plain });
const deriver = instantDeriver();
const emulator = await startEmulator({ plane, deriver });
afterAll(async () => {
  await emulator.close();
  plane.close();
});

describeLive('the emulator in front of a RADOS Gateway', emulator.endpoint, emulator.root, deriver);
