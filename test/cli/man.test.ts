import { spawnSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { optionsOf } from '../../src/cli/command-table.ts';
import { COMMANDS } from '../../src/cli/commands.ts';
import { EXIT_CODES } from '../../src/cli/exit-codes.ts';
import { renderManPage, roff } from '../../src/cli/man.ts';
import { renderConfigManPage } from '../../src/cli/man-config.ts';
import { composeSchema } from '../../src/config/schema.ts';
import type { JsonSchema } from '../../src/plugin/contract.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';

const hasMan = spawnSync('sh', ['-c', 'command -v man && command -v groff']).status === 0;

describe('renderManPage', () => {
  it('documents every command, option and exit code', () => {
    const text = renderManPage('1.2.3').replaceAll('\\-', '-');
    for (const spec of COMMANDS.filter(({ hidden }) => hidden !== true)) {
      expect(text).toContain(`.SS agent ${spec.name}`);
      for (const option of optionsOf(spec)) expect(text).toContain(`--${option.name}`);
    }
    for (const { meaning } of EXIT_CODES) expect(text).toContain(roff(meaning).replaceAll('\\-', '-'));
  });

  it.runIf(hasMan)('renders without warnings', () => {
    expect(manWarnings(renderManPage('1.2.3'))).toBe('');
  });
});

describe('renderConfigManPage', () => {
  it.each<[string, JsonSchema]>([
    ['the whole file', composeSchema(builtinPlugins)],
    ...builtinPlugins.map(({ id, settings }): [string, JsonSchema] => [id, settings]),
  ])('documents every key of %s', (_, schema) => {
    const page = renderConfigManPage(schema, '1.2.3');
    const properties = Object.entries(schema['properties'] as Record<string, object>);
    for (const [name] of properties.filter(([, value]) => !('x-ignored' in value))) {
      expect(page).toMatch(new RegExp(`^.fB${name}( .required.)?.fR$`, 'm'));
    }
    if (hasMan) expect(manWarnings(page)).toBe('');
  });
});

describe('roff', () => {
  it.each([
    ['.TH injected', '\\&.TH injected'],
    ["line\n'quote", "line\n\\&'quote"],
    ['a\\b', 'a\\(rsb'],
    ['dry-run', 'dry\\-run'],
  ])('makes %j plain text', (text, escaped) => {
    expect(roff(text)).toBe(escaped);
  });
});

function manWarnings(page: string): string {
  const file = join(mkdtempSync(join(tmpdir(), 'agent-man-')), 'agent.8');
  writeFileSync(file, page);
  const result = spawnSync('man', ['--warnings', '-E', 'UTF-8', '-l', file], { encoding: 'utf8' });
  return result.stderr + (result.status === 0 ? '' : `exit ${result.status}`);
}
