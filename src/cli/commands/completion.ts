import { completionScript, type Shell } from '../completion-script.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Invocation } from '../parse.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  // The parser lets nothing else through.
  io.stdout.write(completionScript(invocation.positionals[0] as Shell));
  return EXIT.ok;
}
