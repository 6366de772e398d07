import { test } from 'vitest';
import { GATEWAY } from './ceph-gateway.ts';
import { createGatewayPlane } from './civo-gateway-plane.ts';
import { liveThrough } from './civo-life.ts';
import { remoteAdmin } from './croit-facade.ts';

test('the life of a Civo store, against the emulator in front of a RADOS Gateway', async () => {
  // 500 GB hold two files of the test, and 1000 GB four.
  const gigabyte = 1000;
  const admin = remoteAdmin(GATEWAY.endpoint, GATEWAY.admin);
  await liveThrough({ gigabyte, plane: createGatewayPlane({ endpoint: GATEWAY.endpoint, admin, gigabyte }) });
});
