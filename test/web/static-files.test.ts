import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RouteReply, RouteRequest } from '../../src/plugin/contract.ts';
import { createRouter } from '../../src/web/router.ts';
import { createPageRoutes } from '../../src/web/static-files.ts';

let folder = '';

beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'page-'));
  mkdirSync(join(folder, 'assets'));
  writeFileSync(join(folder, 'index.html'), '<base href="./" /><script src="./assets/a.js"></script>');
  writeFileSync(join(folder, 'icon.svg'), '<svg></svg>');
  writeFileSync(join(folder, 'secret.txt'), 'not of the page');
  writeFileSync(join(folder, 'assets/a-1.js'), 'script');
  writeFileSync(join(folder, 'assets/a-1.js.gz'), gzipSync('script'));
});

afterAll(() => rmSync(folder, { recursive: true }));

async function ask(path: string, headers: RouteRequest['headers'] = {}): Promise<RouteReply | undefined> {
  const found = createRouter([{ owner: 'agent', routes: createPageRoutes(folder) }]).find('GET', path);
  if (found === undefined || 'allow' in found) return undefined;
  const { route, params } = found;
  const request = { params, headers, query: new URLSearchParams(), body: undefined, remoteAddress: '127.0.0.1' };
  return route.handle(request, new AbortController().signal);
}

describe('the document', () => {
  it.each([
    ['/ui', 'ui/'],
    ['/ui/overview', './'],
    ['/ui/orders/abc', '../'],
  ])('at %s finds the files of the page from any depth, below any path of a proxy', async (path, base) => {
    const reply = await ask(path);
    expect(reply?.body).toContain(`<base href="${base}"`);
    // A proxy may serve the agent below /storage: the address of the page is still where its files are.
    const at = new URL(base, `https://example.org/storage${path}`);
    expect(at.href).toBe('https://example.org/storage/ui/');
  });

  it('may not run, load or be framed by anything that is not its own', async () => {
    const reply = await ask('/ui/overview');
    const policy = reply?.headers?.['content-security-policy'];
    expect(policy).toContain("default-src 'none'");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/unsafe|https?:|\*|data:/);
    expect(reply?.headers?.['cache-control']).toBe('no-cache');
  });

  it('is where the root leads to', async () => {
    expect(await ask('/')).toMatchObject({ status: 302, headers: { location: 'ui' } });
  });
});

describe('files', () => {
  it('are kept by browsers forever, because their names change with them', async () => {
    const reply = await ask('/ui/assets/a-1.js');
    expect(reply).toMatchObject({ status: 200, headers: { 'content-type': 'text/javascript; charset=utf-8' } });
    expect(reply?.headers?.['cache-control']).toContain('immutable');
    expect(Buffer.from(reply?.bytes ?? '').toString()).toBe('script');
  });

  it('are sent compressed to who can read that', async () => {
    const reply = await ask('/ui/assets/a-1.js', { 'accept-encoding': 'br, gzip' });
    expect(reply?.headers).toMatchObject({ 'content-encoding': 'gzip', vary: 'accept-encoding' });
    expect(reply?.bytes).toEqual(gzipSync('script'));
  });

  it.each(['..%2Fsecret.txt', '%2e%2e%2fsecret.txt', '..%5Csecret.txt', 'a-1.js.gz', 'b.js', '%00'])(
    'of any other name do not exist: %s',
    async (name) => {
      expect(await ask(`/ui/assets/${name}`)).toMatchObject({ status: 404 });
    },
  );
});

it('an agent without a built page has no routes for it', () => {
  expect(createPageRoutes(join(folder, 'assets'))).toEqual([]);
});
