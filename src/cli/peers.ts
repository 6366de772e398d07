import { type Connect, createConnect } from '../daemon/connect.ts';
import { createLog } from '../lib/log.ts';
import type { Io } from './io.ts';
import type { Invocation } from './parse.ts';
import { prettyLine } from './pretty-line.ts';
import { VERSION } from './version.ts';

/** Waldur and backends for commands that only look or write once; log lines show with `--verbose`. */
export function createPeers({ flags }: Invocation, { clock, secrets, stderr }: Io): Connect {
  const level = flags.has('verbose') ? 'debug' : 'silent';
  return createConnect({
    clock,
    log: createLog({ level, clock, secrets, write: (line) => stderr.write(prettyLine(line, stderr.style)) }),
    version: VERSION,
    concurrency: 4,
    waldurRequest: () => undefined,
    backendRequest: () => undefined,
  });
}
