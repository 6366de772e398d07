import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { run } from '../../src/cli/commands/sandbox.ts';
import { EXIT, type ExitCode } from '../../src/cli/exit-codes.ts';
import { parseCommandLine } from '../../src/cli/parse.ts';
import type { SandboxGuide } from '../../src/cli/sandbox-guide.ts';
import { loadConfig } from '../../src/config/load.ts';
import { createSecrets } from '../../src/lib/secrets.ts';
import { builtinPlugins } from '../fakes/builtin-plugins.ts';
import { type FakeIo, fakeIo } from './fake-io.ts';

async function start(io: FakeIo, ...argv: string[]): Promise<{ readonly exit: Promise<ExitCode> }> {
  const parsed = parseCommandLine(['sandbox', ...argv]);
  if (parsed.kind !== 'command') throw new Error('not a command');
  const exit = run(parsed.invocation, io);
  await Promise.race([exit, new Promise<void>((resolve) => io.onWrite(resolve))]);
  return { exit };
}

describe('sandbox', () => {
  it('prints calls that work, and ends with the signal', async () => {
    const io = fakeIo();
    const { exit } = await start(io, '--port', '0', '--json');
    const guide = JSON.parse(io.out()) as SandboxGuide;
    const send = async (path: string, body?: unknown): Promise<unknown> => {
      const headers = { authorization: `Token ${guide.tokens.consumer}`, 'content-type': 'application/json' };
      const response = await fetch(guide.url + path, {
        headers,
        ...(body !== undefined && { method: 'POST', body: JSON.stringify(body) }),
      });
      expect(response.ok, path).toBe(true);
      return response.json();
    };
    const [order, list] = guide.calls;
    expect(await send(order?.path ?? '', order?.body)).toMatchObject({ type: 'Create', offering_name: 'S3 storage' });
    expect(await send(list?.path ?? '')).toHaveLength(1);
    io.abort.abort(new Error('stopped'));
    expect(await exit).toBe(EXIT.ok);
    await expect(fetch(guide.url)).rejects.toThrow();
  });

  it('prints a configuration that is valid', async () => {
    const io = fakeIo();
    const { exit } = await start(io, '--port', '0');
    io.abort.abort();
    await exit;
    const text = /Configuration.*\n\n([\s\S]*?)\nCalls/.exec(io.out())?.[1] ?? '';
    const token = /export WALDUR_API_TOKEN=(\S+)/.exec(text)?.[1] ?? '';
    const { config, diagnostics } = loadConfig({
      file: 'sandbox.yaml',
      text,
      plugins: builtinPlugins,
      env: { WALDUR_API_TOKEN: token },
      readFile: () => {
        throw new Error('no files');
      },
      secrets: createSecrets(),
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    expect(config?.offerings[0]?.stomp).toMatchObject({ enabled: true, url: expect.stringMatching(/^ws:\/\/127/) });
    expect(parse(text)).toHaveProperty('offerings');
    expect(io.out()).toContain("curl -s -H 'Authorization: Token");
  });

  it('starts made-up storage hosts, a central side and a configuration for them', async () => {
    const io = fakeIo();
    const { exit } = await start(io, '--port', '0', '--quota', '--json');
    const { configuration, calls, notes } = JSON.parse(io.out()) as SandboxGuide;
    const [offering] = configuration['offerings'] as unknown as {
      backend_type: string;
      backend_settings: { remote: RemoteHost[] };
    }[];
    expect(offering).toMatchObject({ backend_type: 'host-quota', backend_settings: { MOCK_QUOTA: true } });
    const { remote = [] } = offering?.backend_settings ?? {};
    expect(remote.map(({ id }) => id)).toEqual(['host1', 'host2', 'host3', 'host4']);
    for (const { url, api_key } of remote) {
      const headers = { authorization: `Basic ${Buffer.from(`api:${api_key}`).toString('base64')}` };
      expect((await fetch(`${url}/remote-api/quotas`, { headers })).status).toBe(200);
    }
    const [, central = ''] = /central side: (\S+)/.exec(notes[0] ?? '') ?? [];
    expect((await fetch(`${central}/health`)).status).toBe(200);
    expect(calls[0]?.body).toMatchObject({ attributes: { host: 'host1', username: 'diana' } });
    io.abort.abort(new Error('stopped'));
    expect(await exit).toBe(EXIT.ok);
    await expect(fetch(`${central}/health`)).rejects.toThrow();
  });

  it('writes a trial with paths that work, and a token', async () => {
    const io = fakeIo();
    const { exit } = await start(io, '--port', '0', '--write', 'trial');
    io.abort.abort();
    await exit;
    const files = (path: string): { text: string; mode: number } => ({ text: io.created.get(path) ?? '', mode: 0o600 });
    const file = '/work/trial/config.yaml';
    const { config, diagnostics } = loadConfig({
      ...files(file),
      file,
      plugins: builtinPlugins,
      env: {},
      readFile: files,
      secrets: createSecrets(),
    });
    expect(diagnostics.map(({ message }) => message)).toEqual([]);
    expect(config?.offerings[0]?.settings['storage_path']).toBe('/work/trial/storage');
    expect([...io.created.keys()].every((path) => path.startsWith('/work/trial/'))).toBe(true);
  });

  it('names a port that is taken', async () => {
    const first = fakeIo();
    const { exit } = await start(first, '--port', '0', '--json');
    const { port } = new URL((JSON.parse(first.out()) as SandboxGuide).url);
    await expect(start(fakeIo(), '--port', port)).rejects.toMatchObject({ code: 'SANDBOX_PORT' });
    first.abort.abort();
    await exit;
  });

  it.each(['x', '-1', '70000', '1e3'])('refuses the port %s', async (port) => {
    await expect(start(fakeIo(), `--port=${port}`)).rejects.toMatchObject({ code: 'USAGE' });
  });
});

interface RemoteHost {
  readonly id: string;
  readonly url: string;
  readonly api_key: string;
}
