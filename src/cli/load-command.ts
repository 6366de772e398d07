import { AgentError } from '../lib/errors.ts';
import type { CommandModule } from './io.ts';

/** Commands that need the embedded Waldur, which an installed package and the container image do not have. */
const NEED_SANDBOX: readonly string[] = ['sandbox', 'demo'];

/**
 * Loads the module of a command when it is needed: `--help` and `validate` start without the rest of the agent.
 *
 * @throws AgentError `SANDBOX_ABSENT` where the sandbox is not installed.
 */
export async function loadCommand(name: string): Promise<CommandModule> {
  const file = name.replaceAll(' ', '-').replace('__', '');
  try {
    return (await import(`./commands/${file}.ts`)) as CommandModule;
  } catch (error) {
    if (!NEED_SANDBOX.includes(name) || !isMissingModule(error)) throw error;
    throw new AgentError(`agent ${name} needs the sandbox, which is not part of this installation`, {
      code: 'SANDBOX_ABSENT',
      disposition: 'terminal',
      hint: 'in a checkout of the source: npm ci && npm run build, then node dist/src/cli/main.js',
      cause: error,
    });
  }
}

function isMissingModule(error: unknown): boolean {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}
