import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';

export interface MinioProcess {
  /** Host and port. */
  readonly host: string;
  readonly root: { readonly accessKey: string; readonly secretKey: string };
  /** The requests since the last call; before that, so many accounts are made. */
  ask(message?: { readonly accounts?: number }): Promise<readonly string[]>;
  stop(): void;
}

/** The emulated server, on its own part of the machine. */
export async function startMinioProcess(): Promise<MinioProcess> {
  const child = fork(fileURLToPath(new URL('../serve-minio.js', import.meta.url)), {
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
  });
  const { endpoint, root } = await next<{ endpoint: string; root: MinioProcess['root'] }>(child);
  return {
    host: new URL(endpoint).host,
    root,
    ask: async (message = {}) => {
      child.send(message);
      return (await next<{ requests: readonly string[] }>(child)).requests;
    },
    stop: () => void child.kill(),
  };
}

async function next<T>(child: ChildProcess): Promise<T> {
  const [message] = (await once(child, 'message')) as [T];
  return message;
}
