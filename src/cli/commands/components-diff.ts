import type { ExitCode } from '../exit-codes.ts';
import type { Io } from '../io.ts';
import type { Invocation } from '../parse.ts';
import { runComponents } from '../run-components.ts';

export function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  return runComponents(invocation, io, false);
}
