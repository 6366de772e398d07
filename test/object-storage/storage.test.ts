import { startEmulator } from '../labs/minio/emulator.ts';
import { describeStorage } from './suite.ts';

describeStorage('an emulated server', async () => {
  const emulator = await startEmulator();
  const { accessKey, secretKey } = emulator.root;
  const { host } = new URL(emulator.endpoint);
  return {
    endpoint: host,
    accessKey,
    secretKey,
    region: 'us-east-1',
    now: () => new Date(),
    close: () => emulator.close(),
  };
});
