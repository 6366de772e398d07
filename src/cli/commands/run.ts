import { fstatSync } from 'node:fs';
import type { Config } from '../../config/types.ts';
import { compose } from '../../daemon/compose.ts';
import { journalPrefix } from '../../daemon/journald.ts';
import { createLifecycle } from '../../daemon/lifecycle.ts';
import { createServiceManager } from '../../daemon/service-manager.ts';
import type { LogLevel } from '../../lib/log.ts';
import { createDaemonConfig } from '../daemon-config.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import { logfmtLine } from '../logfmt-line.ts';
import type { Invocation } from '../parse.ts';
import { prettyLine } from '../pretty-line.ts';
import { readRevision, VERSION } from '../version.ts';

const STATUS_INTERVAL_MS = 5000;

/** The daemon. READY when the configuration is valid, the port is bound and every offering has started. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const settings = createDaemonConfig(invocation, io);
  const config = await settings.first();
  const { clock, random, secrets } = io;
  const service = createServiceManager({
    env: io.env,
    pid: process.pid,
    monotonicUs: () => process.hrtime.bigint() / 1000n,
    onError: (err) => agent.log.warn({ err }, 'the service manager could not be told'),
  });
  const revision = readRevision(io.env);
  const agent = compose(config, {
    clock,
    random,
    secrets,
    version: VERSION,
    revision,
    env: io.env,
    write: writer(io, settings.logFormat),
    state: () => lifecycle.state(),
    unauthorized: () => void rereadSecrets(),
  });
  /** A secret file may have been replaced: the configuration is taken over when it says something else now. */
  const rereadSecrets = async (): Promise<void> => {
    const next = await settings.quietly().catch(() => undefined);
    if (next !== undefined && agent.differs(next)) lifecycle.askToReload();
  };
  let endWatchdog = (): void => undefined;
  let endStatus = (): void => undefined;
  const lifecycle = createLifecycle({
    signals: process,
    service,
    clock,
    log: agent.log,
    drainMs: agent.drainMs,
    start: async () => {
      await agent.start();
      endWatchdog = service.keepWatchdog(clock, agent.isAlive);
      const tell = (): void => {
        service.status(agent.status());
        endStatus = clock.after(STATUS_INTERVAL_MS, tell);
      };
      tell();
    },
    drain: agent.drain,
    close: async () => {
      endWatchdog();
      endStatus();
      await agent.close();
    },
    reload: () => agent.reload(() => settings.again(agent.log)),
    reportNow: agent.reportNow,
  });
  // Asked to stop while all this was loaded: the lifecycle sees only signals that come from now on.
  if (io.signal.aborted) return EXIT.ok;
  return (await lifecycle.run()) as ExitCode;
}

/** Lines in the configured format; under systemd with the priority that journald understands. */
function writer({ stdout, env }: Io, format: () => Config['logFormat']): (line: string, level: LogLevel) => void {
  const prefix = journalPrefix(env['JOURNAL_STREAM'], fstatSync(1));
  const render = (line: string): string => {
    switch (format() ?? (stdout.isTTY ? 'pretty' : 'json')) {
      case 'pretty':
        return prettyLine(line, stdout.style);
      case 'logfmt':
        return logfmtLine(line);
      case 'json':
        return line;
    }
  };
  return (line, level) => stdout.write(prefix(level) + render(line));
}
