import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { readDocument } from '../../../src/config/read-document.ts';
import { renderDiagnostics } from '../../../src/config/render-diagnostics.ts';
import { AgentError } from '../../../src/lib/errors.ts';
import type { JsonObject } from '../../../src/lib/json.ts';
import type { CommandCall, CommonSettings } from '../../../src/plugin/contract.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { manifestCommand } from '../commands/manifest.ts';
import { outputsCommand } from '../commands/outputs.ts';
import { OUTPUT_FORMS, renderOutputs } from '../commands/render-outputs.ts';
import type { Settings } from '../settings.ts';
import { action, type Civo, create, failure, OURS, signal, startCivo } from './lab.ts';

let civo: Civo;
let folder: string;
beforeEach(async () => {
  civo = await startCivo();
  folder = await mkdtemp(join(tmpdir(), 'civo-commands-'));
});
afterEach(async () => {
  await civo.close();
  await rm(folder, { recursive: true });
});

interface Said {
  out: string;
  err: string;
}

/** A call as the command line makes it, for one offering in the emulator, or without a configuration. */
function call(
  said: Said,
  {
    values = {},
    flags = [],
    positionals = [],
    isTTY = false,
    settings,
    credentials = 'metadata',
    metadata = {},
  }: {
    values?: Readonly<Record<string, string>>;
    flags?: readonly string[];
    positionals?: readonly string[];
    isTTY?: boolean;
    settings?: Partial<Settings> | 'none';
    credentials?: CommonSettings['credentials'];
    metadata?: JsonObject;
  },
  resource = { account: '' },
): CommandCall<Settings> {
  const stream = (write: (text: string) => void) => ({ write, isTTY, columns: 80 });
  return {
    values: new Map(Object.entries(values)),
    flags: new Set(flags),
    positionals,
    stdout: stream((text) => (said.out += text)),
    stderr: stream((text) => (said.err += text)),
    env: {},
    cwd: folder,
    signal,
    confirm: async () => undefined,
    document: async (path, schema) => {
      const text = await readFile(join(folder, path), 'utf8');
      const { value, diagnostics } = readDocument({ file: path, text, secrets: { scrub: (one) => one }, schema });
      said.err += renderDiagnostics(diagnostics);
      if (value === undefined) throw new AgentError('invalid', { code: 'DOCUMENT_INVALID', disposition: 'operator' });
      return value;
    },
    offering: async () => {
      if (settings === 'none') {
        throw new AgentError('no configuration', { code: 'CONFIG_UNREADABLE', disposition: 'operator' });
      }
      return {
        name: 'Civo',
        context: { ...civo.context(settings), common: { ...COMMON, credentials } },
        resource: async () => ({
          uuid: OURS,
          name: 'bucket',
          state: 'OK',
          backendId: resource.account,
          attributes: {},
          options: {},
          limits: {},
          metadata,
        }),
        close: async () => undefined,
      };
    },
  };
}

const MANIFEST = `apiVersion: civo.project-planton.org/v1
kind: CivoBucket
metadata:
  name: My bucket
  labels: {env: test}
spec:
  bucketName: my-bucket
  region: LON1
  maxSizeGb: 750
  versioningEnabled: true
  tags: [team:blue]
`;

describe('agent civo manifest', () => {
  it('prints the order and the plan, with the size that is paid for', async () => {
    await writeFile(join(folder, 'bucket.yaml'), MANIFEST);
    const said = { out: '', err: '' };
    const tags = { tags: ['a:1'], lifecycle: [{ id: 'x', expire_days: 1 }] };
    const given = { positionals: ['bucket.yaml'], flags: ['json'], settings: tags };
    expect(await manifestCommand.run(call(said, given))).toBe(0);
    expect(JSON.parse(said.out)).toMatchObject({
      order: {
        attributes: { name: 'My bucket', bucket_name: 'my-bucket', versioning: true, tags: ['team:blue', 'env:test'] },
        limits: { storage: 1000 },
      },
      plan: [
        'create-account "my-bucket": 1000 GB in LON1',
        'configure lifecycle: [{"id":"x","prefix":"","enabled":true,"expire_days":1}]',
        'configure tags: ["env:test","team:blue"]',
        'configure versioning: true',
        'issue-key: one pair, reported to Waldur',
      ],
    });
    expect(civo.asked).toEqual([]);
  });

  it('works without a configuration', async () => {
    await writeFile(join(folder, 'bucket.yaml'), MANIFEST);
    const said = { out: '', err: '' };
    expect(await manifestCommand.run(call(said, { positionals: ['bucket.yaml'], settings: 'none' }))).toBe(0);
    expect(said.out).toContain('create-account "my-bucket": 1000 GB in LON1');
  });

  it('says what is wrong by line and column', async () => {
    const wrong = MANIFEST.replace('my-bucket', 'My_Bucket').replace('tags:', 'tagz:').replace('region: LON1', 'x: 1');
    await writeFile(join(folder, 'bucket.yaml'), wrong);
    const said = { out: '', err: '' };
    const given = call(said, { positionals: ['bucket.yaml'] });
    expect(await failure(manifestCommand.run(given))).toMatchObject({ code: 'DOCUMENT_INVALID' });
    expect(said.err).toMatch(/bucket\.yaml:7:15: .*3 to 63/);
    expect(said.err).toMatch(/bucket\.yaml:11:3: /);
    expect(said.err).toMatch(/"region" is missing/);
  });

  it('refuses the region of another offering', async () => {
    await writeFile(join(folder, 'bucket.yaml'), MANIFEST.replace('LON1', 'FRA1'));
    const given = call({ out: '', err: '' }, { positionals: ['bucket.yaml'] });
    expect(await failure(manifestCommand.run(given))).toMatchObject({ code: 'CIVO_OTHER_REGION' });
  });
});

describe('agent civo outputs', () => {
  async function make() {
    const backend = civo.open();
    const { account = '' } = await backend.apply(create(), signal);
    const { credentials } = await backend.apply(action({ kind: 'issue-key' }, account), signal);
    return { account, secret: credentials?.secretKey ?? '', key: credentials?.accessKey ?? '' };
  }

  it.each(OUTPUT_FORMS)('as %s shows where the keys are, and not the keys', async (form) => {
    const { account, secret, key } = await make();
    const said = { out: '', err: '' };
    expect(await outputsCommand.run(call(said, { values: { as: form }, positionals: ['bucket'] }, { account }))).toBe(
      0,
    );
    expect(said.out).toContain('s3_credentials.secret_key');
    expect(said.out).not.toContain(secret);
    expect(said.out).not.toContain(key);
    expect(said.out).toContain(new URL(civo.memory.url).host);
  });

  it('names the API key that holds the secret, as Waldur has it, and nothing else that stands there', async () => {
    const { account } = await make();
    const at = async (metadata: JsonObject): Promise<string> => {
      const said = { out: '', err: '' };
      const given = { values: { as: 'rclone' }, positionals: ['bucket'], credentials: 'api_keys', metadata } as const;
      await outputsCommand.run(call(said, given, { account }));
      return said.out;
    };
    const refs = (ref: string) => ({ access_key_secret_ref: `${ref}.client_id`, secret_key_secret_ref: ref });
    expect(await at(refs(`api_keys.${OURS}`))).toContain(`secret_access_key = api_keys.${OURS}\n`);
    const none = 'secret_access_key = api_keys.{api_key_uuid}.api_key\n';
    expect(await at({})).toContain(none);
    expect(await at(refs('x\nacl = public'))).toContain(none);
  });

  it('reveals keys on a terminal or into a file of its own, and nowhere else', async () => {
    const { account, secret } = await make();
    const given = { values: { as: 'env' }, flags: ['reveal'], positionals: ['bucket'] };
    const said = { out: '', err: '' };
    expect(await failure(outputsCommand.run(call(said, given, { account })))).toMatchObject({
      code: 'CIVO_NO_TERMINAL',
    });
    await outputsCommand.run(call(said, { ...given, isTTY: true }, { account }));
    expect(said.out).toContain(`AWS_SECRET_ACCESS_KEY=${secret}\n`);
    const silent = { out: '', err: '' };
    const toFile = { ...given, values: { as: 'env', output: 'store.env' } };
    await outputsCommand.run(call(silent, toFile, { account }));
    expect(silent.out).toBe('');
    const file = join(folder, 'store.env');
    expect(await readFile(file, 'utf8')).toBe(said.out);
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect(await failure(outputsCommand.run(call(silent, toFile, { account })))).toMatchObject({ code: 'CIVO_OUTPUT' });
  });

  it('quotes what the form wants quoted', () => {
    const odd = { bucket: 'b', endpoint: 'https://x.example', region: 'LON1', accessKey: 'a', secretKey: `it's "x"` };
    expect(renderOutputs('env', odd)).toContain(`AWS_SECRET_ACCESS_KEY='it'\\''s "x"'\n`);
    expect(parse(renderOutputs('k8s', odd))).toMatchObject({
      kind: 'Secret',
      stringData: { AWS_SECRET_ACCESS_KEY: `it's "x"` },
    });
  });
});
