import type { Peers } from '../admin/peers.ts';
import { createConnect } from '../daemon/connect.ts';
import { createLog } from '../lib/log.ts';
import type { Io } from './io.ts';
import type { Invocation } from './parse.ts';
import { prettyLine } from './pretty-line.ts';
import { VERSION } from './version.ts';

const CONCURRENCY = 8;

/** The peers of offerings for the time of one command; log lines go to stderr. */
export function connect(invocation: Invocation, io: Io): Peers {
  const level = invocation.flags.has('verbose') ? 'debug' : invocation.flags.has('quiet') ? 'error' : 'warn';
  const { clock, env, random, secrets } = io;
  const write = (line: string): void => io.stderr.write(prettyLine(line, io.stderr.style));
  const log = createLog({ level, clock, secrets, write });
  const unmeasured = (): void => undefined;
  const metrics = { waldurRequest: unmeasured, backendRequest: unmeasured };
  return {
    clock,
    random,
    log,
    ...createConnect({ clock, log, env, secrets, version: VERSION, concurrency: CONCURRENCY, metrics }),
  };
}
