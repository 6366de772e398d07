import { createHash } from 'node:crypto';
import { AgentError } from '../../src/lib/errors.ts';
import type { HttpAnswer, HttpRequest } from '../../src/lib/http.ts';
import { answerError } from '../../src/lib/http-errors.ts';
import { encodeQuery, encodeStrictly, type KeyPair, sign } from '../../src/lib/sigv4.ts';
import { escapeXml, isXmlText } from '../../src/lib/xml.ts';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { connect } from './connect.ts';
import { hasCode, purgeFailed, refusal } from './errors.ts';
import { segment } from './segment.ts';
import { endpointOf, type Settings } from './settings.ts';
import { blocks, textOf } from './xml.ts';

export interface Version {
  readonly key: string;
  readonly versionId: string;
}

export interface Upload {
  readonly key: string;
  readonly uploadId: string;
}

/** What it takes to empty a bucket as its owner. What is absent already is done. */
export interface S3 {
  /** A policy can deny its own owner everything else. */
  removePolicy(bucket: string, signal: AbortSignal): Promise<void>;
  /** The first of them. */
  uploads(bucket: string, signal: AbortSignal): Promise<readonly Upload[]>;
  abortUpload(bucket: string, upload: Upload, signal: AbortSignal): Promise<void>;
  /** The first thousand versions and delete markers; without versioning the objects. */
  versions(bucket: string, signal: AbortSignal): Promise<readonly Version[]>;
  /** @throws AgentError operator `CROIT_S3_PURGE_FAILED` naming what cannot be deleted. */
  removeVersions(bucket: string, versions: readonly Version[], signal: AbortSignal): Promise<void>;
  removeBucket(bucket: string, signal: AbortSignal): Promise<void>;
  close(): void;
}

export function createS3(context: PluginContext<Settings>, keys: KeyPair): S3 {
  const { settings, clock } = context;
  const endpoint = endpointOf(settings);
  const { host } = new URL(endpoint);
  const http = connect(context, {
    baseUrl: `${endpoint}/`,
    peer: PEER,
    headers: async ({ method, path, body }) => {
      const text = typeof body === 'string' ? body : '';
      return sign({ method, host, path: `/${path}`, body: text, keys, region: settings.s3_region, now: clock.now() });
    },
    explain: (request, answer) => explain(request, answer, clock.now()),
  });

  async function call(
    operation: string,
    method: HttpRequest['method'],
    [bucket, key]: readonly [bucket: string, key?: string],
    query: Parameters<typeof encodeQuery>[0],
    signal: AbortSignal,
    more: Pick<HttpRequest, 'body' | 'headers'> = {},
  ): Promise<string> {
    const target = key === undefined ? '' : `/${objectPath(bucket, key)}`;
    const search = encodeQuery(query);
    const path = `${segment('a bucket name', bucket)}${target}${search === '' ? '' : `?${search}`}`;
    const { body } = await http.request({ operation, method, path, answer: 'text', ...more }, signal);
    return String(body);
  }

  async function removeOne(bucket: string, { key, versionId }: Version, signal: AbortSignal): Promise<void> {
    await absentIsDone(call('s3.remove-object', 'DELETE', [bucket, key], { versionId }, signal));
  }

  return {
    removePolicy: async (bucket, signal) => {
      await absentIsDone(call('s3.remove-policy', 'DELETE', [bucket], { policy: '' }, signal));
    },
    uploads: async (bucket, signal) => {
      // Without an encoding: RGW applies it here and does not say so.
      const xml = await absentIsDone(call('s3.list-uploads', 'GET', [bucket], { uploads: '' }, signal));
      return blocks(xml, 'Upload').map((upload) => ({
        key: textOf(upload, 'Key'),
        uploadId: textOf(upload, 'UploadId'),
      }));
    },
    abortUpload: async (bucket, { key, uploadId }, signal) => {
      await absentIsDone(call('s3.abort-upload', 'DELETE', [bucket, key], { uploadId }, signal));
    },
    versions: async (bucket, signal) => {
      const query = { versions: '', 'encoding-type': 'url' };
      const xml = await absentIsDone(call('s3.list-versions', 'GET', [bucket], query, signal));
      const decode = textOf(xml, 'EncodingType') === 'url' ? decodeKey : (key: string) => key;
      return [...blocks(xml, 'Version'), ...blocks(xml, 'DeleteMarker')].map((version) => ({
        key: decode(textOf(version, 'Key')),
        versionId: textOf(version, 'VersionId') || 'null',
      }));
    },
    removeVersions: async (bucket, versions, signal) => {
      for (const version of versions.filter(({ key }) => !isXmlText(key))) await removeOne(bucket, version, signal);
      const rest = versions.filter(({ key }) => isXmlText(key));
      if (rest.length === 0) return;
      const objects = rest.map(
        ({ key, versionId }) =>
          `<Object><Key>${escapeXml(key)}</Key><VersionId>${escapeXml(versionId)}</VersionId></Object>`,
      );
      const body = `<Delete xmlns="${NAMESPACE}"><Quiet>true</Quiet>${objects.join('')}</Delete>`;
      const headers = { 'content-type': 'application/xml', 'content-md5': md5(body) };
      const xml = await call('s3.remove-objects', 'POST', [bucket], { delete: '' }, signal, { body, headers });
      const [first] = blocks(xml, 'Error');
      if (first === undefined) return;
      const hint = textOf(first, 'Code') === 'AccessDenied' ? LOCKED : undefined;
      throw purgeFailed(
        bucket,
        `${textOf(first, 'Code')} for ${JSON.stringify(textOf(first, 'Key').slice(0, 80))}`,
        hint,
      );
    },
    removeBucket: async (bucket, signal) => {
      await absentIsDone(call('s3.remove-bucket', 'DELETE', [bucket], {}, signal));
    },
    close: () => http.close(),
  };
}

const PEER = 'the S3 endpoint';
const NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';
const ABSENT = 'CROIT_S3_ABSENT';
const LOCKED = 'Object lock keeps it until its retention ends.';

/** Whether an HTTP client leaves the key as it is. */
export function isUrlPath(key: string): boolean {
  return !key.split('/').some((part) => part === '.' || part === '..');
}

/** @throws AgentError for a key that an HTTP client would take for a way up. */
function objectPath(bucket: string, key: string): string {
  if (!isUrlPath(key))
    throw purgeFailed(bucket, `the key ${JSON.stringify(key.slice(0, 80))} cannot be put into a URL`);
  return key.split('/').map(encodeStrictly).join('/');
}

function decodeKey(key: string): string {
  return decodeURIComponent(key.replaceAll('+', ' '));
}

function md5(text: string): string {
  return createHash('md5').update(text).digest('base64');
}

/** Its answer, or none when what it is about is absent. */
async function absentIsDone(work: Promise<string>): Promise<string> {
  try {
    return await work;
  } catch (error) {
    if (!hasCode(error, ABSENT)) throw error;
    return '';
  }
}

function explain(request: HttpRequest, answer: HttpAnswer, now: Date): AgentError {
  const code = textOf(String(answer.body), 'Code');
  const { status } = answer;
  if (/^NoSuch(Bucket|Upload|Key|Version|BucketPolicy)$/.test(code)) {
    return refusal(PEER, request.operation, answer, { code: ABSENT, disposition: 'transient' });
  }
  if (code === 'BucketNotEmpty') return new AgentError('somebody still writes into the bucket', NOT_EMPTY);
  if (status >= 500 || status === 408 || status === 429 || status < 400) {
    return answerError(PEER, request, answer, now, { text: code });
  }
  const hint = code === 'UserSuspended' ? 'The user is suspended, and only croit can change that.' : LOCKED;
  return purgeFailed('of the account', `${PEER} answered ${status} ${code}`, status === 403 ? hint : undefined);
}

const NOT_EMPTY = { code: 'CROIT_S3_BUCKET_IN_USE', disposition: 'transient' } as const;
