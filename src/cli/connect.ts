import type { Peers } from '../admin/peers.ts';
import { type Connect, createConnect } from '../daemon/connect.ts';
import { createLog } from '../lib/log.ts';
import { createMemoryStore } from '../store/memory-store.ts';
import type { Store } from '../store/store.ts';
import type { Io } from './io.ts';
import type { Invocation } from './parse.ts';
import { prettyLine } from './pretty-line.ts';
import { VERSION } from './version.ts';

const CONCURRENCY = 8;

/**
 * The peers of offerings for the time of one command; log lines go to stderr.
 *
 * @param store ends with the process; without one, backends find no documents and usage no samples
 */
export function connect(invocation: Invocation, io: Io, store: Store = createMemoryStore(io.clock)): Peers & Connect {
  const level = invocation.flags.has('verbose') ? 'debug' : invocation.flags.has('quiet') ? 'error' : 'warn';
  const { clock, env, random, secrets } = io;
  const write = (line: string): void => io.stderr.write(prettyLine(line, io.stderr.style));
  const log = createLog({ level, clock, secrets, write });
  const unmeasured = (): void => undefined;
  const metrics = {
    waldurRequest: unmeasured,
    backendRequest: unmeasured,
    pluginRequest: unmeasured,
    accountSeen: unmeasured,
  };
  const deps = { clock, log, env, secrets, version: VERSION, concurrency: CONCURRENCY, metrics, store: () => store };
  return {
    clock,
    store,
    random,
    log,
    ...createConnect(deps),
  };
}
