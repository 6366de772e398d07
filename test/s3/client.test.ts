import type { IncomingMessage } from 'node:http';
import { text } from 'node:stream/consumers';
import { afterEach, describe, expect, it } from 'vitest';
import { systemClock } from '../../src/lib/clock.ts';
import { createHttp } from '../../src/lib/http.ts';
import { createS3, type S3 } from '../../src/s3/client/client.ts';
import { purgeBucket } from '../../src/s3/client/purge.ts';
import { startServer, type TestServer } from '../lib/http-server.ts';

const signal = new AbortController().signal;
const NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"';

interface Answer {
  readonly status?: number;
  readonly body?: string;
}

let server: TestServer | undefined;
const seen: string[] = [];

/** A client of a server that answers by the request line; everything else is 404 `NoSuchKey`. */
async function open(answers: Readonly<Record<string, Answer>>): Promise<S3> {
  seen.length = 0;
  const answer = async (request: IncomingMessage): Promise<Answer> => {
    const line = `${request.method} ${request.url}`;
    seen.push(line, await text(request));
    return answers[line] ?? { status: 404, body: '<Error><Code>NoSuchKey</Code></Error>' };
  };
  server = await startServer((request, response) => {
    void answer(request).then(({ status = 200, body = '' }) => response.writeHead(status).end(body));
  });
  return createS3({
    connect: (options) => createHttp(options, { clock: systemClock }),
    endpoint: `http://127.0.0.1:${server.port}`,
    region: 'eu-1',
    keys: { accessKey: 'A', secretKey: 's' },
    now: () => new Date(0),
  });
}

afterEach(async () => server?.close());

describe('buckets', () => {
  it('are created in their region, and are there already when they are ours', async () => {
    const s3 = await open({
      'PUT /mine': { status: 409, body: '<Error><Code>BucketAlreadyOwnedByYou</Code></Error>' },
      'PUT /new': {},
      'PUT /theirs': { status: 409, body: '<Error><Code>BucketAlreadyExists</Code></Error>' },
      'HEAD /new': {},
    });
    expect(await s3.buckets.create('new', 'eu-1', signal)).toBe(true);
    expect(seen[1]).toContain(`${NAMESPACE}><LocationConstraint>eu-1</LocationConstraint>`);
    expect(await s3.buckets.create('mine', 'us-east-1', signal)).toBe(false);
    expect(seen[3]).toBe('');
    const taken = s3.buckets.create('theirs', 'eu-1', signal);
    await expect(taken).rejects.toMatchObject({ code: 'S3_BUCKET_TAKEN', disposition: 'terminal' });
    expect([await s3.buckets.exists('new', signal), await s3.buckets.exists('other', signal)]).toEqual([true, false]);
  });

  it('are listed by name', async () => {
    const list = '<Buckets><Bucket><Name>a</Name></Bucket><Bucket><Name>b</Name></Bucket></Buckets>';
    const s3 = await open({
      'GET /': { body: `<ListAllMyBucketsResult ${NAMESPACE}>${list}</ListAllMyBucketsResult>` },
    });
    expect(await s3.buckets.list(signal)).toEqual(['a', 'b']);
  });
});

describe('documents', () => {
  it('are undefined or empty when there are none', async () => {
    const { documents } = await open({ 'GET /b?versioning=': { body: `<VersioningConfiguration ${NAMESPACE}/>` } });
    expect(await documents.versioning('b', signal)).toBeUndefined();
    expect(await documents.tags('b', signal)).toEqual({});
    expect(await documents.cors('b', signal)).toEqual([]);
    expect(await documents.lifecycle('b', signal)).toEqual([]);
  });

  it('are read as they are written', async () => {
    const rule = { origins: ['https://a'], methods: ['GET'], headers: ['*'], exposed: ['etag'], maxAgeSeconds: 5 };
    const expire = { id: 'old', prefix: 'tmp/<', enabled: true, expireDays: 3, abortUploadsDays: 7 };
    const written = await open({ 'PUT /b?cors=': {}, 'PUT /b?lifecycle=': {}, 'PUT /b?tagging=': {} });
    await written.documents.setCors('b', [rule], signal);
    await written.documents.setLifecycle('b', [expire], signal);
    await written.documents.setTags('b', { 'a&b': 'c' }, signal);
    const [, cors = '', , lifecycle = '', , tags = ''] = [...seen];
    await server?.close();
    const { documents } = await open({
      'GET /b?cors=': { body: cors },
      'GET /b?lifecycle=': { body: lifecycle },
      'GET /b?tagging=': { body: tags },
    });
    expect(await documents.cors('b', signal)).toEqual([rule]);
    expect(await documents.lifecycle('b', signal)).toEqual([expire]);
    expect(await documents.tags('b', signal)).toEqual({ 'a&b': 'c' });
  });

  it('go when nothing is left in them', async () => {
    const { documents } = await open({ 'DELETE /b?cors=': {} });
    await documents.setCors('b', [], signal);
    await documents.setTags('b', {}, signal);
    expect(seen.filter(Boolean)).toEqual(['DELETE /b?cors=', 'DELETE /b?tagging=']);
  });
});

describe('errors', () => {
  it.each([
    [403, 'SignatureDoesNotMatch', 'S3_CREDENTIALS', 'operator'],
    [403, 'RequestTimeTooSkewed', 'S3_CLOCK', 'operator'],
    [403, 'AccessDenied', 'S3_DENIED', 'operator'],
    [501, 'NotImplemented', 'S3_NOT_OFFERED', 'terminal'],
    [503, 'SlowDown', 'S3_BUSY', 'transient'],
    [500, 'InternalError', 'S3_FAILED', 'transient'],
    [400, 'constructor', 'S3_REFUSED', 'terminal'],
  ])('%i %s is %s', async (status, code, ours, disposition) => {
    const s3 = await open({ 'GET /': { status, body: `<Error><Code>${code}</Code></Error>` } });
    await expect(s3.buckets.list(signal)).rejects.toMatchObject({ code: ours, disposition });
  });

  it('do not take a page that is not S3 for an absence or a list', async () => {
    const s3 = await open({ 'GET /b?tagging=': { status: 404, body: '<html>' }, 'GET /': { body: '<html></html>' } });
    await expect(s3.documents.tags('b', signal)).rejects.toMatchObject({ code: 'S3_NOT_FOUND' });
    await expect(s3.buckets.list(signal)).rejects.toMatchObject({ code: 'S3_BAD_ANSWER', disposition: 'transient' });
  });

  it.each(['..', 'a/../b', './x', ''])('name a key that no URL can hold: %j', async (key) => {
    const s3 = await open({});
    await expect(s3.objects.get('b', key, signal)).rejects.toMatchObject({ code: 'S3_BAD_NAME' });
    expect(seen).toEqual([]);
  });
});

describe('purgeBucket', () => {
  it('takes an absent bucket for done', async () => {
    const body = '<Error><Code>NoSuchBucket</Code></Error>';
    const lines = ['DELETE /b?policy=', 'GET /b?uploads=', 'GET /b?encoding-type=url&versions=', 'DELETE /b'];
    const s3 = await open(Object.fromEntries(lines.map((line) => [line, { status: 404, body }])));
    await purgeBucket(s3, 'b', signal);
    expect(seen.filter(Boolean)).toEqual(lines);
  });

  it('names what is denied as the fault of the operator, and leaves an outage to the next try', async () => {
    const denied = await open({
      'DELETE /b?policy=': { status: 403, body: '<Error><Code>AccessDenied</Code></Error>' },
    });
    await expect(purgeBucket(denied, 'b', signal)).rejects.toMatchObject({
      code: 'S3_PURGE_FAILED',
      disposition: 'operator',
    });
    await server?.close();
    const down = await open({ 'DELETE /b?policy=': { status: 503 } });
    await expect(purgeBucket(down, 'b', signal)).rejects.toMatchObject({ code: 'S3_FAILED', disposition: 'transient' });
  });
});
