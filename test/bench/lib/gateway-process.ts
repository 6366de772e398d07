import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { freePort } from '../../../src/cli/demo/free-port.ts';
import type { KeyPair } from '../../../src/s3/sigv4.ts';
import { unitFlags } from './unit-flags.ts';

/** The gateway in a process of its own, with one bucket. */
export interface GatewayProcess {
  readonly pid: number;
  readonly port: number;
  readonly bucket: string;
  readonly keys: KeyPair;
  stop(): Promise<void>;
}

export async function startGateway(folder: string): Promise<GatewayProcess> {
  const port = await freePort(Math.random);
  const program = fileURLToPath(new URL('../serve-gateway.js', import.meta.url));
  const argv = [...unitFlags(), program, folder, String(port), 'true'];
  const child = spawn(process.execPath, argv, { stdio: ['pipe', 'pipe', 'inherit'] });
  const exit = once(child, 'exit');
  const [line] = (await once(createInterface({ input: child.stdout }), 'line')) as [string];
  const { bucket = '', accessKey = '', secretKey = '' } = JSON.parse(line) as Readonly<Record<string, string>>;
  return {
    pid: child.pid ?? 0,
    port,
    bucket,
    keys: { accessKey, secretKey },
    stop: async () => {
      child.stdin.end();
      await exit;
    },
  };
}
