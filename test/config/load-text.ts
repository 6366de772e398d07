import { type Loaded, type LoadInput, loadConfig } from '../../src/config/load.ts';
import { renderDiagnostics } from '../../src/config/render-diagnostics.ts';
import type { OfferingConfig } from '../../src/config/types.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { plugins } from './stub-plugins.ts';

export interface Files {
  readonly [path: string]: string | { readonly text: string; readonly mode: number };
}

export function load(text: string, options: Partial<LoadInput> & { readonly files?: Files } = {}): Loaded {
  const { files = {}, ...input } = options;
  return loadConfig({
    file: 'a.yaml',
    text,
    env: {},
    readFile: (path) => {
      const file = files[path];
      if (file === undefined) throw Object.assign(new Error(`ENOENT: ${path}`), { code: 'ENOENT' });
      return typeof file === 'string' ? { text: file, mode: 0o600 } : file;
    },
    plugins,
    secrets: createSecrets(),
    ...input,
  });
}

/** What an operator is shown, without trailing spaces. */
export function shown(...args: Parameters<typeof load>): string {
  return renderDiagnostics(load(...args).diagnostics).replace(/ +$/gm, '');
}

/** The only offering of a file that must be valid. */
export function offeringOf(...args: Parameters<typeof load>): OfferingConfig {
  const { config, diagnostics } = load(...args);
  const offering = config?.offerings[0];
  if (offering === undefined) throw new Error(renderDiagnostics(diagnostics));
  return offering;
}

/** A valid file with one offering; `more` is added to the offering, or replaces what is there. */
export function fileWith(
  more: Readonly<Record<string, unknown>> = {},
  top: Readonly<Record<string, unknown>> = {},
): string {
  const offering = {
    name: 'disk',
    waldur_api_url: 'https://waldur.example.com/api/',
    waldur_api_token: '${env:TOKEN}',
    waldur_offering_uuid: '713c299671a14f5db9723a793291bc78',
    backend_type: 'local-disk',
    backend_settings: { path: '/srv' },
    backend_components: { storage: { accounting_type: 'usage', unit_factor: 1073741824 } },
    ...more,
  };
  const known = Object.entries(offering).filter(([, value]) => value !== undefined);
  const lines = known.map(([key, value]) => `    ${key}: ${JSON.stringify(value)}`);
  const agent = Object.entries(top).map(([key, value]) => `${key}: ${JSON.stringify(value)}\n`);
  return `${agent.join('')}offerings:\n  -${lines.join('\n').slice(3)}\n`;
}

export const ENV = { TOKEN: 'f00dfeedf00dfeed' };
