import { renderDiagnostics } from '../../config/render-diagnostics.ts';
import { plural } from '../../lib/plural.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { readConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { file, config, diagnostics } = await readConfiguration(invocation, io);
  const valid = config !== undefined;
  if (invocation.flags.has('json')) {
    const findings = diagnostics.map(({ severity, line, col, path, message, hint }) => ({
      severity,
      line,
      col,
      path,
      message,
      hint,
    }));
    writeJson(io.stdout, { version: 1, file, valid, diagnostics: findings });
  } else {
    io.stderr.write(renderDiagnostics(diagnostics));
    if (valid) io.stdout.write(`${file} is valid: ${plural(config.offerings.length, 'offering')}\n`);
    else io.stderr.write(`${file} is not valid\n`);
  }
  return valid ? EXIT.ok : EXIT.config;
}
