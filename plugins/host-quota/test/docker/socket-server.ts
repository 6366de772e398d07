import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { answered, sectionOf } from './recorded-engine.ts';

export interface SocketServer {
  readonly path: string;
  /** `GET /v1.41/info`. */
  readonly calls: string[];
  readonly answers: Map<string, { readonly status: number; readonly body?: unknown }>;
  close(): Promise<void>;
}

const API = 'docker-20.10-api.log';

/** What Docker 20.10 answered, on a Unix socket; a test may put other answers there. A call without one hangs. */
export async function startRecordedEngine(): Promise<SocketServer> {
  const folder = await mkdtemp(join(tmpdir(), 'engine-'));
  const path = join(folder, 'docker.sock');
  const calls: string[] = [];
  const id = '462d47e144dd5ea61bf95b3f527597a86e2796a037a5a37396396469218b1d3f';
  const df = answered(API, 'system/df') as { Images: unknown; Volumes: unknown };
  const answers: SocketServer['answers'] = new Map<string, { status: number; body?: unknown }>([
    ['GET /version', { status: 200, body: answered(API, 'version') }],
    [
      'GET /v1.41/info',
      { status: 200, body: { Driver: 'overlay2', ServerVersion: '20.10.24', DockerRootDir: '/var/lib/docker' } },
    ],
    ['GET /v1.41/containers/json?all=1&size=1', { status: 200, body: answered(API, 'containers?all=1&size=1') }],
    ['GET /v1.41/images/json', { status: 200, body: df.Images }],
    [`GET /v1.41/images/sha256:${id}/json`, { status: 200, body: answered(API, 'image inspect bb:2') }],
    [`GET /v1.41/images/sha256:${id}/history`, { status: 200, body: answered(API, 'image history bb:2') }],
    ['GET /v1.41/volumes', { status: 200, body: { Volumes: df.Volumes } }],
    ['GET /v1.41/system/df', { status: 200, body: df }],
    ['GET /v1.41/events', { status: 200, body: sectionOf(API, 'events') }],
  ]);
  const server = createServer((request, response) => {
    const call = `${request.method} ${request.url}`;
    calls.push(call);
    const found =
      answers.get(call) ??
      answers.get(call.split('?')[0] ?? '') ??
      (/images\/sha256/.test(call) ? { status: 404, body: {} } : undefined);
    if (found === undefined) return;
    response.writeHead(found.status);
    response.end(typeof found.body === 'string' ? found.body : JSON.stringify(found.body));
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  return {
    path,
    calls,
    answers,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
      await rm(folder, { recursive: true });
    },
  };
}
