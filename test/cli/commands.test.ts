import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, describe, expect, it } from 'vitest';
import { askReadiness } from '../../src/cli/ask-agent.ts';
import { OWN_TABLE } from '../../src/cli/command-table.ts';
import { run as completeCommand } from '../../src/cli/commands/complete.ts';
import { run as healthcheck } from '../../src/cli/commands/healthcheck.ts';
import { run as help } from '../../src/cli/commands/help.ts';
import { run as createOffering } from '../../src/cli/commands/offering-create.ts';
import { run as schema } from '../../src/cli/commands/schema.ts';
import { run as status } from '../../src/cli/commands/status.ts';
import { run as validate } from '../../src/cli/commands/validate.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import type { CommandModule } from '../../src/cli/io.ts';
import { loadConfiguration } from '../../src/cli/load.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import { selectOfferings } from '../../src/cli/select-offerings.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

const FILE = '/work/agent.yaml';
const TOKEN = '0123456789abcdef0123456789abcdef01234567';
const REFERENCE = ['$', '{env:TOKEN}'].join('');
const VALID = `offerings:
  - name: s3 one
    waldur_api_url: https://waldur.example.com/api/
    waldur_api_token: ${REFERENCE}
    waldur_offering_uuid: e2ef0000000000000000000000000001
    backend_type: ironbucket_local
    backend_settings: { storage_path: /s3 }
    backend_components:
      storage: { accounting_type: limit, unit_factor: 1073741824 }
`;

const surroundings = (text: string): FakeIo => fakeIo({ env: { TOKEN }, files: { [FILE]: text } });

function invoke(run: CommandModule['run'], argv: readonly string[], io: FakeIo): Promise<ExitCode> {
  const parsed = parseCommandLine(argv);
  if (parsed.kind !== 'command') throw new Error(`not a command: ${JSON.stringify(parsed)}`);
  return run(parsed.invocation, io, OWN_TABLE);
}

describe('validate', () => {
  it('accepts a configuration and keeps its secrets', async () => {
    const io = surroundings(VALID);
    expect(await invoke(validate, ['validate', '-c', 'agent.yaml'], io)).toBe(EXIT.ok);
    expect(io.out()).toBe('/work/agent.yaml is valid: 1 offering\n');
    expect(io.secrets.scrub(TOKEN)).toBe('***');
  });

  it('shows where a configuration is wrong', async () => {
    const io = surroundings(VALID.replace('backend_settings', 'backend_setings'));
    expect(await invoke(validate, ['validate', '-c', FILE], io)).toBe(EXIT.config);
    expect(io.err()).toMatch(/^\/work\/agent\.yaml:7:\d+: /m);
    expect(io.err()).toContain('did you mean "backend_settings"?');
    expect(io.out()).toBe('');
  });

  it('says the same as JSON', async () => {
    const io = surroundings(VALID.replace('backend_settings', 'backend_setings'));
    expect(await invoke(validate, ['validate', '-c', FILE, '--json'], io)).toBe(EXIT.config);
    const document = JSON.parse(io.out());
    expect(document).toMatchObject({ version: 1, file: FILE, valid: false });
    expect(document.diagnostics).toContainEqual(expect.objectContaining({ severity: 'error', line: 7 }));
  });

  it('names the file it cannot read', async () => {
    await expect(invoke(validate, ['validate', '-c', 'nope.yaml'], surroundings(VALID))).rejects.toMatchObject({
      code: 'CONFIG_UNREADABLE',
      message: 'the configuration /work/nope.yaml cannot be read: there is no such file (ENOENT)',
    });
  });

  it('refuses a plugin package that is not there', async () => {
    const io = surroundings(`plugins: [no-such-plugin-package]\n${VALID}`);
    await expect(invoke(validate, ['validate', '-c', FILE], io)).rejects.toMatchObject({ code: 'PLUGIN_UNUSABLE' });
  });
});

describe('loadConfiguration', () => {
  const load = (io: FakeIo, ...more: string[]): ReturnType<typeof loadConfiguration> => {
    const parsed = parseCommandLine(['plan', '-c', FILE, ...more]);
    if (parsed.kind !== 'command') throw new Error('not a command');
    return loadConfiguration(parsed.invocation, io);
  };

  it('prints warnings, unless quiet', async () => {
    const literal = VALID.replace(REFERENCE, TOKEN);
    const loud = surroundings(literal);
    await load(loud);
    expect(loud.err()).toContain('warning: a secret is written into the file');
    expect(loud.err()).not.toContain(TOKEN);
    const quiet = surroundings(literal);
    await load(quiet, '--quiet');
    expect(quiet.err()).toBe('');
  });

  it('stops at errors', async () => {
    const io = surroundings(VALID.replace('storage_path', 'storage_pat'));
    await expect(load(io, '-q')).rejects.toMatchObject({ code: 'CONFIG_INVALID' });
    expect(io.err()).toContain('storage_pat');
  });

  it('selects offerings by name', async () => {
    const { offerings } = await load(surroundings(VALID));
    expect(selectOfferings(offerings, undefined)).toHaveLength(1);
    expect(selectOfferings(offerings, 's3 one')).toHaveLength(1);
    expect(() => selectOfferings(offerings, 's3 on')).toThrow('the configuration has no offering "s3 on"');
  });
});

describe('schema', () => {
  it('prints the schema of the file, or of one backend', async () => {
    const io = fakeIo();
    await invoke(schema, ['schema'], io);
    expect(JSON.parse(io.out())).toHaveProperty('definitions.offering');
    const one = fakeIo();
    await invoke(schema, ['schema', '--plugin', 'ironbucket_local'], one);
    expect(JSON.parse(one.out())).toHaveProperty('properties.storage_path');
  });

  it('knows its backends', async () => {
    await expect(invoke(schema, ['schema', '--plugin', 'ironbuckt-local'], fakeIo())).rejects.toMatchObject({
      code: 'USAGE',
      hint: 'did you mean ironbucket-local?',
    });
  });
});

describe('help', () => {
  it('shows a topic', async () => {
    const io = fakeIo();
    await invoke(help, ['help', 'components', 'push'], io);
    expect(io.out()).toContain('agent components push [--offering NAME]');
  });

  it('refuses what is none', async () => {
    await expect(invoke(help, ['help', 'nope'], fakeIo())).rejects.toMatchObject({ code: 'USAGE' });
  });
});

describe('__complete', () => {
  it.each([
    [['report', '-c', FILE, '--offering', ''], 's3 one\t\n'],
    [['report', '-c', FILE, '--offering', 'x'], ''],
    [['report', '-c', '/nope', '--offering', ''], ''],
    [['report', '-c', ''], ':file\n'],
    [['components', 'd'], 'diff\tCompare offering components with Waldur\n'],
    [['schema', '--plugin', 'iron'], 'ironbucket-local\t\n'],
  ])('answers %j', async (words, answer) => {
    const io = surroundings(VALID);
    expect(await invoke(completeCommand, ['__complete', '--', ...words], io)).toBe(EXIT.ok);
    expect(io.out()).toBe(answer);
  });

  it('survives a broken file', async () => {
    const io = surroundings('offerings: [{name: [');
    expect(await invoke(completeCommand, ['__complete', '--', 'report', '-c', FILE, '--offering', ''], io)).toBe(
      EXIT.ok,
    );
  });
});

describe('offering create', () => {
  const ARGV = ['offering', 'create', '--name', 'S3', '--customer', 'acme', '--category', 'Storage'];

  it('shows the request without a server or a file', async () => {
    const io = fakeIo();
    expect(await invoke(createOffering, [...ARGV, '--backend', 'ironbucket-local', '--dry-run'], io)).toBe(EXIT.ok);
    expect(JSON.parse(io.out())).toMatchObject({ name: 'S3', type: 'Marketplace.Slurm', category: '<URL of Storage>' });
  });

  it('takes the backend of an offering in the file', async () => {
    const io = surroundings(VALID);
    expect(await invoke(createOffering, [...ARGV, '-c', FILE, '--like', 's3 one', '--dry-run'], io)).toBe(EXIT.ok);
    expect(JSON.parse(io.out())).toHaveProperty('components');
  });

  it('refuses an address that is none', async () => {
    const io = fakeIo({ env: { WALDUR_API_URL: 'waldur', WALDUR_API_TOKEN: TOKEN } });
    await expect(invoke(createOffering, [...ARGV, '--backend', 'ironbucket-local'], io)).rejects.toMatchObject({
      code: 'USAGE',
    });
  });
});

describe('healthcheck', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  const PAGE = `${JSON.stringify({
    status: 'fail',
    probes: [
      { name: 'process', ok: true, detail: 'running' },
      { name: 'offering s3', ok: false, detail: 'not connected' },
    ],
  })}\n`;

  async function listen(status: number): Promise<number> {
    server = createServer((request, response) => {
      response.writeHead(request.url === '/readyz' ? status : 404).end(PAGE);
    });
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  }

  it.each([
    [200, EXIT.ok, true],
    [503, EXIT.failed, false],
  ])('turns %d into exit code %d', async (status, code, ready) => {
    const io = surroundings(`listen: 0.0.0.0:${await listen(status)}\n${VALID}`);
    expect(await invoke(healthcheck, ['healthcheck', '-c', FILE, '--json'], io)).toBe(code);
    expect(JSON.parse(io.out())).toEqual({ version: 1, ready, probes: JSON.parse(PAGE).probes });
  });

  it('shows a person what is not ready', async () => {
    const io = surroundings(`listen: 127.0.0.1:${await listen(503)}\n${VALID}`);
    expect(await invoke(healthcheck, ['healthcheck', '-c', FILE], io)).toBe(EXIT.failed);
    expect(io.out()).toBe('✓ process: running\n✗ offering s3: not connected\n');
  });

  it('is not ready when no one listens', async () => {
    const port = await listen(200);
    await new Promise((resolve) => server?.close(resolve));
    expect(await askReadiness('127.0.0.1', port)).toEqual({
      ready: false,
      text: `no agent at 127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}`,
      probes: undefined,
    });
  });

  it.each([
    ['a mistake elsewhere', (port: number) => `listen: 127.0.0.1:${port}\nlisen: x\nofferings: [\n`],
    [
      'a secret that cannot be read',
      (port: number) => `listen: 127.0.0.1:${port}\n${VALID.replaceAll('TOKEN', 'GONE')}`,
    ],
    ['an address from the environment', (port: number) => `listen: \${env:HOST:-127.0.0.1}:${port}\n${VALID}`],
  ])('needs no more of the file than the address: %s', async (_, text) => {
    const io = surroundings(text(await listen(200)));
    expect(await invoke(healthcheck, ['healthcheck', '-c', FILE], io)).toBe(EXIT.ok);
  });

  it('knows only 0 and 1', async () => {
    const io = fakeIo();
    expect(await invoke(healthcheck, ['healthcheck', '-c', '/nope'], io)).toBe(EXIT.failed);
    expect(io.out()).toContain('cannot be read');
  });
});

describe('status', () => {
  let server: Server | undefined;
  afterEach(() => server?.close());

  it('says what an offering cannot do, since when, why, and what to do', async () => {
    const hindrances = [
      {
        ability: 'serving',
        essential: true,
        code: 'X_LISTEN',
        message: 'the port is taken',
        hint: 'free it',
        since: '2026-08-25T07:00:00Z',
      },
      { ability: 'imports', essential: false, code: 'X_DOWN', message: 'it is down', since: '2026-08-25T09:59:30Z' },
    ];
    const page = {
      status: 'failed',
      probes: [
        { name: 'process', ok: true, detail: 'running' },
        { name: 'offering s3', ok: false, detail: 'connected; serving: X_LISTEN', hindrances },
      ],
    };
    server = createServer((_, response) => response.writeHead(503).end(JSON.stringify(page)));
    await new Promise<void>((resolve) => server?.listen(0, '127.0.0.1', resolve));
    const io = surroundings(`listen: 127.0.0.1:${(server.address() as AddressInfo).port}\n${VALID}`);
    expect(await invoke(status, ['status', '-c', FILE], io)).toBe(EXIT.failed);
    expect(io.out()).toMatchInlineSnapshot(`
      "✓ process: running
      ✗ offering s3: connected
        ✗ cannot run the serving part of its backend for 3 h
            the port is taken (X_LISTEN)
            free it
        ! cannot answer import requests for 30 s
            it is down (X_DOWN)
      "
    `);
  });

  it('says that there is no agent', async () => {
    const io = surroundings(`listen: 127.0.0.1:1\n${VALID}`);
    expect(await invoke(status, ['status', '-c', FILE], io)).toBe(EXIT.failed);
    expect(io.out()).toMatch(/^no agent at 127.0.0.1:1: /);
  });
});
