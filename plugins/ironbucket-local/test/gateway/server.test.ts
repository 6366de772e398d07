import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { Agent, createServer, request as httpRequest } from 'node:http';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { freePort } from '../../../../src/cli/demo/free-port.ts';
import type { Backend, Check } from '../../../../src/plugin/contract.ts';
import type { Perform } from '../../gateway/perform.ts';
import { createGateway } from '../../gateway/server.ts';
import { ACCOUNT, MIB, openSite, type Site, staged, waitFor } from './lab.ts';

let site: Site;
beforeEach(async () => {
  site = await openSite({ limit: BigInt(64 * MIB) });
});
afterEach(() => site.close());

/** What comes back on a connection of our own, as text, while it comes. */
function dial(): { readonly socket: Socket; text(): string; ended(): boolean } {
  const socket = connect(site.port, '127.0.0.1');
  let received = '';
  let over = false;
  socket.on('data', (piece: Buffer) => {
    received += piece.toString('latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => {
    over = true;
  });
  return { socket, text: () => received, ended: () => over };
}

function headOf(method: string, key: string, headers: Record<string, string>): string {
  const signed = site.s3.sign({ method, key, headers });
  const lines = Object.entries(signed.headers).map(([name, value]) => `${name}: ${value}`);
  return [`${method} ${signed.path} HTTP/1.1`, ...lines, '', ''].join('\r\n');
}

const signal = new AbortController().signal;

async function checkOf(backend: Backend): Promise<Check | undefined> {
  return (await backend.check(signal)).find(({ name }) => name === 'S3 gateway');
}

const unsigned = { 'x-amz-content-sha256': 'UNSIGNED-PAYLOAD' };

describe('a client that asks before it sends', () => {
  it('sends its body only when it may', async () => {
    const { socket, text } = dial();
    socket.write(headOf('PUT', 'x', { ...unsigned, expect: '100-continue', 'content-length': '5' }));
    await waitFor(() => text().includes('100 Continue'));
    expect(text()).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    socket.write('hello');
    await waitFor(() => text().includes('200 OK'));
    socket.destroy();
    expect((await site.s3({ key: 'x' })).body.toString()).toBe('hello');
  });

  it.each([
    ['its signature is wrong', 'PUT', '5', 'x-amz-meta-a: changed\r\n', '403'],
    ['it does not fit', 'PUT', String(65 * MIB), '', '507'],
    ['its key cannot be', 'PUT', '5', '', '400'],
  ])('is not asked for it when %s', async (why, method, length, extra, status) => {
    const { socket, text, ended } = dial();
    const key = why.includes('key') ? 'k'.repeat(1025) : 'x';
    const head = headOf(method, key, { ...unsigned, expect: '100-continue', 'content-length': length });
    socket.write(head.replace(/\r\n\r\n$/, `\r\n${extra}\r\n`));
    await waitFor(ended);
    expect(text()).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    expect(text().toLowerCase()).toContain('connection: close');
  });
});

describe('a body that is refused', () => {
  it('gets its answer although the client still sends, and the connection is not reset', async () => {
    const { socket, text, ended } = dial();
    const errors: unknown[] = [];
    socket.on('error', (error) => errors.push(error));
    socket.write(headOf('PUT', 'x', { ...unsigned, 'content-length': String(65 * MIB) }));
    const piece = Buffer.alloc(MIB);
    for (let sent = 0; sent < 20; sent++) {
      if (!socket.write(piece)) await new Promise((resolve) => socket.once('drain', resolve));
    }
    await waitFor(() => text().includes('QuotaExceeded'));
    expect(errors).toEqual([]);
    socket.end();
    await waitFor(ended);
    expect(await staged(site)).toEqual([]);
  });

  it('that ends too early leaves nothing', async () => {
    const { socket } = dial();
    socket.write(headOf('PUT', 'x', { ...unsigned, 'content-length': '1000' }));
    socket.write('only a part');
    await waitFor(async () => (await staged(site)).length === 1);
    socket.destroy();
    await waitFor(async () => (await staged(site)).length === 0);
    const got = await site.s3({ key: 'x' });
    expect(got).toMatchObject({ status: 404, headers: { 'x-amz-bucket-usage': '0' } });
  });

  it('that is not what was signed leaves nothing', async () => {
    const sha256 = createHash('sha256').update('other').digest('hex');
    const put = (headers: Record<string, string>): ReturnType<typeof site.s3> =>
      site.s3({ method: 'PUT', key: 'x', body: 'hello', headers });
    expect(await put({ 'x-amz-content-sha256': sha256 })).toMatchObject({ status: 400 });
    expect(await put({ 'content-md5': createHash('md5').update('other').digest('base64') })).toMatchObject({
      status: 400,
    });
    expect(await put({ 'x-amz-checksum-crc32': 'AAAAAA==' })).toMatchObject({ status: 400 });
    expect(await site.s3({ key: 'x' })).toMatchObject({ status: 404, headers: { 'x-amz-bucket-usage': '0' } });
    expect(await staged(site)).toEqual([]);
  });
});

describe('a client that reads slowly', () => {
  it('makes no one hold more of the object than a few pieces', async () => {
    const body = Buffer.alloc(48 * MIB, 'slow');
    await site.s3({ method: 'PUT', key: 'big', body });
    const before = process.memoryUsage().arrayBuffers;
    const socket = connect({ port: site.port, host: '127.0.0.1' });
    socket.pause();
    socket.write(headOf('GET', 'big', {}));
    // Nothing is read: what the gateway cannot send, it must not read either.
    let most = 0;
    for (let turn = 0; turn < 300; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      await site.s3({ method: 'HEAD', key: 'big' });
      most = Math.max(most, process.memoryUsage().arrayBuffers - before);
    }
    expect(most).toBeLessThan(16 * MIB);
    let received = 0;
    socket.on('data', (piece: Buffer) => (received += piece.length));
    socket.resume();
    await waitFor(() => received > body.length);
    socket.destroy();
  });

  it('that goes away leaves nothing open', async () => {
    await site.s3({ method: 'PUT', key: 'big', body: Buffer.alloc(16 * MIB) });
    const { socket, text } = dial();
    socket.write(headOf('GET', 'big', {}));
    await waitFor(() => text().length > 1000);
    socket.destroy();
    // It would wait for the client for as long as it may take.
    await site.stop();
    expect(site.logged).toEqual([]);
    site = await site.restart();
  });
});

it('is waited for while it begins to listen, and only then', async () => {
  const gateway = createGateway(site.deps);
  await gateway.tried();
  expect(gateway.address()).toBeUndefined();
  const started = gateway.start();
  await gateway.tried();
  expect(gateway.address()).toBeDefined();
  await started;
  await gateway.stop();
});

it('closes the object of an answer whose client went away before it', async () => {
  let closed = false;
  const close = async (): Promise<void> => {
    closed = true;
  };
  async function* chunks(): AsyncGenerator<Buffer> {}
  const answered = { length: 1, chunks: chunks(), close };
  const settings = { ...site.deps.settings, listen: `127.0.0.1:${await freePort(Math.random)}` };
  const perform: Perform = async ({ signal }) => {
    socket.destroy();
    await once(signal, 'abort');
    return { status: 200, body: answered };
  };
  const gateway = createGateway({ ...site.deps, settings }, { openPerform: async () => perform });
  await gateway.start();
  const { path, headers } = site.s3.sign({ key: 'x' });
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  const socket = connect(gateway.address()?.port ?? 0, '127.0.0.1');
  socket.write(`GET ${path} HTTP/1.1\r\n${lines.join('')}\r\n`);
  await waitFor(() => closed);
  await gateway.stop();
});

describe('the end of the gateway', () => {
  it('lets an upload finish', async () => {
    const { socket, text, ended } = dial();
    socket.write(headOf('PUT', 'x', { ...unsigned, 'content-length': '10' }));
    socket.write('hello');
    await waitFor(async () => (await staged(site)).length === 1);
    const stopped = site.stop();
    socket.write('world');
    await waitFor(ended);
    await stopped;
    expect(text()).toMatch(/^HTTP\/1\.1 200 /);
    expect(text().toLowerCase()).toContain('connection: close');
    const { file, scan } = await site.counted();
    expect([file, scan]).toEqual([
      { bytes: 10n, objects: 1n },
      { bytes: 10n, objects: 1n },
    ]);
    site = await site.restart();
    expect((await site.s3({ key: 'x' })).body.toString()).toBe('helloworld');
  });

  it('does not wait for a connection on which nothing happens', async () => {
    const agent = new Agent({ keepAlive: true });
    await site.s3({ agent });
    await site.stop();
    agent.destroy();
    site = await site.restart();
  });

  it('makes room for another one: an address that is taken is an error of the operator', async () => {
    const other = createServer((_, response) => void response.end());
    await new Promise<void>((resolve) => other.listen(0, '127.0.0.1', resolve));
    const address = other.address();
    const port = typeof address === 'object' && address !== null ? address.port : 0;
    const listen = `127.0.0.1:${port}`;
    const backend = site.backend({ listen });
    await expect(backend.serve?.(signal)).rejects.toMatchObject({ code: 'IRONBUCKET_LISTEN', disposition: 'operator' });
    expect(await checkOf(backend)).toMatchObject({ status: 'failed', detail: expect.stringContaining(listen) });
    const command = site.backend({ listen });
    expect(await checkOf(command)).toMatchObject({ status: 'failed', detail: `something else answers at ${listen}` });
    await new Promise((resolve) => other.close(resolve));
    expect(await checkOf(command)).toMatchObject({ status: 'warning', detail: `nothing answers at ${listen}` });
    const stop = new AbortController();
    const serving = backend.serve?.(stop.signal);
    await waitFor(async () => (await checkOf(command))?.status === 'ok');
    expect(await checkOf(backend)).toEqual({ name: 'S3 gateway', status: 'ok', detail: `answers at ${listen}` });
    stop.abort();
    await serving;
    expect(await checkOf(site.backend({ gateway: false }))).toMatchObject({ status: 'ok' });
  });
});

describe('a request', () => {
  it('may name its bucket in the host', async () => {
    const named = await openSite({ settings: { public_endpoint: 'https://s3.example.org' } });
    await named.s3({ method: 'PUT', key: 'a/b', body: 'hello' });
    const host = `${ACCOUNT}.s3.example.org`;
    const get = (bucket: string, key?: string): ReturnType<typeof site.s3> =>
      named.s3({ bucket, ...(key !== undefined && { key }), headers: { host } });
    expect((await get('a', 'b')).body.toString()).toBe('hello');
    expect((await get('')).all('Key')).toEqual(['a/b']);
    await named.close();
  });

  it('that is too large or no HTTP is not answered by an accident', async () => {
    const answers = [`GET / HTTP/1.1\r\nhost: x\r\nx: ${'x'.repeat(64 * 1024)}\r\n\r\n`, 'nonsense\r\n\r\n'].map(
      async (text) => {
        const { socket, text: got, ended } = dial();
        socket.write(text);
        await waitFor(ended);
        return got().slice(0, 12);
      },
    );
    expect(await Promise.all(answers)).toEqual(['HTTP/1.1 431', 'HTTP/1.1 400']);
    expect(await site.s3({})).toMatchObject({ status: 200 });
  });

  it('without a signature is refused', async () => {
    const status = await new Promise((resolve) => {
      httpRequest({ port: site.port, path: `/${ACCOUNT}` }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  it.each(['/%ff', '/%', `/${ACCOUNT}/%c3`])('for the path %s is refused', async (path) => {
    const { socket, text } = dial();
    socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
    await waitFor(() => text().includes('</Error>'));
    expect(text()).toContain('<Code>InvalidURI</Code>');
  });

  it('that fails for a reason of ours says so in the log, and not to the client', async () => {
    await site.deps.disk.rename(site.deps.layout.accounts, `${site.deps.layout.accounts}.away`);
    const got = await site.s3({});
    expect(got).toMatchObject({ status: 503, headers: { 'x-amz-error-code': 'ServiceUnavailable' } });
    expect(got.body.toString()).not.toContain(site.root);
    expect(site.logged).toEqual([expect.stringContaining('an S3 request failed')]);
    await site.deps.disk.rename(`${site.deps.layout.accounts}.away`, site.deps.layout.accounts);
    expect(await site.s3({})).toMatchObject({ status: 200 });
  });
});
