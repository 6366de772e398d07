import type { Log, LogFields } from '../../../src/lib/log.ts';
import type { AgentCalls, LogLevel } from './calls.ts';
import { fromPortable, type Peer, type Portable, toPortable } from './peer.ts';

/** The log of a thread, which the agent writes: it alone knows every secret that must not be in it. */
export function portLog(agent: Peer<AgentCalls>, always: LogFields = {}): Log {
  const write =
    (level: LogLevel) =>
    (fields: LogFields, message: string): void => {
      const { err, ...rest } = { ...always, ...fields };
      const portable = err === undefined ? rest : { ...rest, err: toPortable(err) };
      // A line that is lost with the thread is no reason to end it.
      void agent.call('log', [level, portable, message]).catch(() => undefined);
    };
  return {
    // One for each request, which is not worth a message to another thread.
    debug: () => undefined,
    info: write('info'),
    warn: write('warn'),
    error: write('error'),
    child: (fields) => portLog(agent, { ...always, ...fields }),
  };
}

/** The fields as they were. */
export function fieldsOf({ err, ...rest }: LogFields): LogFields {
  return err === undefined ? rest : { ...rest, err: fromPortable(err as Portable) };
}
