import { readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import type { RabbitmqOptions } from '../../src/sandbox/rabbitmq/bus.ts';
import { createPublisher } from '../../src/sandbox/rabbitmq/publish.ts';

/** The RabbitMQ that `test/labs/rabbitmq.sh` started, from the variables it sets. */
export function rabbitmqOf(env: Readonly<Record<string, string | undefined>>): RabbitmqOptions {
  const value = (name: string): string => {
    const text = env[name];
    if (text === undefined) throw new Error(`${name} is not set: run test/labs/rabbitmq.sh`);
    return text;
  };
  return {
    apiUrl: `${value('RMQ_API')}/`,
    wsUrl: value('RMQ_WS_URL'),
    stompPort: Number(value('RMQ_STOMP_PORT')),
    user: value('RMQ_USER'),
    password: value('RMQ_PASSWORD'),
  };
}

/** Whether a message gets through to it: while it starts, its parts answer one after the other. */
export async function takesMessages(options: RabbitmqOptions): Promise<boolean> {
  const publisher = createPublisher(options);
  try {
    return await publisher.publish({ vhost: '/', queue: 'probe', body: '{}' });
  } finally {
    await publisher.close();
  }
}

/** Whether the queue is on disk: RabbitMQ writes what it says exists a moment later, and a kill in between loses it. */
export function outlivesKill(queue: string): boolean {
  const folder = join(dirname(pidFile()), 'mnesia');
  const tables = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((path) =>
    /LATEST\.LOG$|\.DC[DL]$/.test(path),
  );
  return tables.some((path) => readFileSync(join(folder, path)).includes(queue));
}

/** To the Erlang VM. */
export function signalRabbitmq(signal: 'SIGSTOP' | 'SIGCONT' | 'SIGKILL'): void {
  process.kill(Number(readFileSync(pidFile(), 'utf8')), signal);
}

function pidFile(): string {
  return process.env['RMQ_PID_FILE'] ?? '';
}
