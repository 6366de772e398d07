import { askAgent, type ShownProbe } from '../ask-agent.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import type { Invocation } from '../parse.ts';
import { printable, type Style } from '../style.ts';

/** Containers know 0 and 1 only: whatever is wrong, the agent is not ready. */
export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { ready, text, probes } = await askAgent(invocation, io);
  if (invocation.flags.has('json'))
    writeJson(io.stdout, { version: 1, ready, ...(probes ? { probes: probes.map(brief) } : { error: text }) });
  else io.stdout.write(probes === undefined ? `${printable(text)}\n` : renderProbes(probes, io.stdout.style));
  return ready ? EXIT.ok : EXIT.failed;
}

function brief({ name, ok, detail }: ShownProbe): Omit<ShownProbe, 'hindrances'> {
  return { name, ok, detail };
}

function renderProbes(probes: readonly ShownProbe[], style: Style): string {
  return probes.map((probe) => renderProbe(probe, style)).join('');
}

function renderProbe({ name, ok, detail }: ShownProbe, style: Style): string {
  const mark = ok ? style.green(style.glyphs.ok) : style.red(style.glyphs.failed);
  return `${mark} ${printable(name)}: ${printable(detail)}\n`;
}
