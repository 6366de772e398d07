import { askAgent } from '../ask-agent.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import type { Invocation } from '../parse.ts';
import { renderStatus } from '../render-status.ts';
import { printable } from '../style.ts';

/** What the running agent can and cannot do. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { ready, text, probes } = await askAgent(invocation, io);
  const { stdout } = io;
  if (invocation.flags.has('json'))
    writeJson(stdout, { version: 1, ready, ...(probes ? { probes } : { error: text }) });
  else if (probes === undefined) stdout.write(`${printable(text)}\n`);
  else stdout.write(renderStatus(probes, io.clock.now(), stdout.style));
  return ready ? EXIT.ok : EXIT.failed;
}
