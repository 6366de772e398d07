import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

export interface NginxServer {
  readonly port: number;
  /** What is in its `server` block. */
  readonly location: string;
}

/** A real nginx in the foreground, with a folder of its own; it may not listen yet. */
export async function startNginx(servers: readonly NginxServer[]): Promise<{ close(): Promise<void> }> {
  const folder = await mkdtemp(join(tmpdir(), 'nginx-'));
  const file = join(folder, 'nginx.conf');
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map(
    (name) => `${name}_temp_path ${folder}/${name};`,
  );
  const blocks = servers.map(({ port, location }) => `server { listen 127.0.0.1:${port}; ${location} }`);
  const text = `
daemon off; master_process off; pid ${folder}/pid;
events { worker_connections 64; }
http { access_log off; ${temporary.join(' ')} ${blocks.join(' ')} }
`;
  await writeFile(file, text);
  const nginx = spawn('nginx', ['-p', folder, '-c', file, '-e', join(folder, 'error.log')], { stdio: 'inherit' });
  const exit = once(nginx, 'exit');
  return {
    close: async () => {
      nginx.kill('SIGQUIT');
      await exit;
      await rm(folder, { recursive: true });
    },
  };
}

/** The first block of nginx configuration in a document. */
export function documentedNginx(document: string): string {
  const block = /```nginx\n([\s\S]*?)```/.exec(document)?.[1];
  if (block === undefined) throw new Error('the document has no configuration of nginx');
  return block;
}
