import { request } from 'node:http';
import type { Clock } from '../../../../src/lib/clock.ts';
import { withDeadline } from '../../../../src/lib/deadline.ts';
import type { Json } from '../../../../src/lib/json.ts';
import { engineDown, engineUnreadable } from '../errors.ts';

export interface Answer {
  readonly status: number;
  readonly text: string;
}

/** An answer as long is none that is waited for. */
const LONGEST_ANSWER = 256 * 1024 * 1024;

/**
 * One request over a Unix socket. The shared HTTP client speaks to addresses of a network only.
 *
 * @throws AgentError `HOST_QUOTA_DOCKER_DOWN` when no answer came, `DEADLINE` after `ms`.
 */
export async function askSocket(
  clock: Clock,
  socketPath: string,
  { method, path, ms }: { readonly method: 'GET' | 'POST' | 'DELETE'; readonly path: string; readonly ms: number },
  signal: AbortSignal,
): Promise<Answer> {
  return withDeadline(clock, signal, ms, `${method} ${path.split('?')[0]} of the Docker engine`, (bounded) => {
    return new Promise<Answer>((resolve, reject) => {
      const failed = (error: unknown): void => {
        reject(bounded.aborted ? (bounded.reason as Error) : engineDown(socketPath, error));
      };
      const outgoing = request(
        { socketPath, method, path, signal: bounded, agent: false, headers: { host: 'docker' } },
        (answer) => {
          const chunks: Buffer[] = [];
          let bytes = 0;
          answer.on('data', (chunk: Buffer) => {
            chunks.push(chunk);
            bytes += chunk.length;
            if (bytes > LONGEST_ANSWER) answer.destroy(new Error('the answer is too long'));
          });
          answer.on('end', () => resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString() }));
          answer.on('error', failed);
        },
      );
      outgoing.on('error', failed);
      outgoing.end();
    });
  });
}

export function parseJson(what: string, text: string): Json {
  try {
    return JSON.parse(text) as Json;
  } catch {
    throw engineUnreadable(what, 'it is not JSON');
  }
}
