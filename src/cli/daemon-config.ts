import type { Diagnostic } from '../config/diagnostic.ts';
import type { Config } from '../config/types.ts';
import { AgentError } from '../lib/errors.ts';
import type { Log } from '../lib/log.ts';
import type { Io } from './io.ts';
import { loadConfiguration, readConfiguration } from './load.ts';
import type { Invocation } from './parse.ts';

/** The configuration of the daemon, read at the start and again at every reload. */
export interface DaemonConfig {
  /** For a person: mistakes go to stderr. */
  first(): Promise<Config>;
  /** For a reload: mistakes go to the log. */
  again(log: Log): Promise<Config>;
  /** The same without a word. */
  quietly(): Promise<Config>;
  /** Of the configuration that was read last. */
  logFormat(): Config['logFormat'];
}

export function createDaemonConfig(invocation: Invocation, io: Io): DaemonConfig {
  let logFormat: Config['logFormat'];
  const accept = (config: Config): Config => {
    logFormat = config.logFormat;
    return withLevel(config, invocation);
  };

  async function read(tell: (diagnostic: Diagnostic, file: string) => void): Promise<Config> {
    const { file, config, diagnostics } = await readConfiguration(invocation, io);
    for (const diagnostic of diagnostics) tell(diagnostic, file);
    if (config !== undefined) return config;
    const errors = diagnostics.filter(({ severity }) => severity === 'error').length;
    throw new AgentError(`${file} has ${errors === 1 ? 'an error' : `${errors} errors`}`, {
      code: 'CONFIG_INVALID',
      disposition: 'operator',
      hint: 'agent validate shows them with their lines',
    });
  }

  return {
    first: async () => accept(await loadConfiguration(invocation, io)),
    again: async (log) =>
      accept(
        await read(({ severity, line, col, message, hint }, file) => {
          const fields = { file, line, col, problem: message, ...(hint !== undefined && { hint }) };
          log[severity === 'error' ? 'error' : 'warn'](fields, 'the configuration has a problem');
        }),
      ),
    quietly: async () => withLevel(await read(() => undefined), invocation),
    logFormat: () => logFormat,
  };
}

function withLevel(config: Config, invocation: Invocation): Config {
  if (invocation.flags.has('verbose')) return { ...config, logLevel: 'debug' };
  return invocation.flags.has('quiet') ? { ...config, logLevel: 'warn' } : config;
}
