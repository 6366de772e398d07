import { header, type RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import type { Deps } from '../../deps.ts';
import { isBucketName } from '../../layout.ts';
import { readText } from '../body/open-body.ts';
import type { Operation, Reply } from '../call.ts';
import { type CorsRequest, corsHeaders, readCors } from '../cors.ts';
import { LARGEST_DOCUMENT } from '../xml/read.ts';

export const getCors: Operation = async ({ documents }, { bucket }) => {
  const body = await documents.read(bucket, 'cors');
  if (body === undefined) throw new S3Error('NoSuchCORSConfiguration');
  return { status: 200, body };
};

export const putCors: Operation = async ({ documents }, call) => {
  const text = await readText(call.body(), LARGEST_DOCUMENT);
  readCors(text);
  await documents.write(call.bucket, 'cors', text);
  return { status: 200 };
};

export const deleteCors: Operation = async ({ documents }, { bucket }) => {
  await documents.remove(bucket, 'cors');
  return { status: 204 };
};

/**
 * What a browser asks before it sends a request for a page of another site. It is never signed, so the answer says
 * nothing but what the configuration allows, and is the same for buckets that do not exist.
 *
 * @throws S3Error `AccessForbidden`
 */
export async function preflight(deps: Deps, head: RequestHead, bucket: string): Promise<Reply> {
  const origin = header(head, 'origin');
  const method = header(head, 'access-control-request-method');
  if (origin === undefined || method === undefined) {
    const message = 'Insufficient information. Origin and Access-Control-Request-Method are needed.';
    throw new S3Error('BadRequest', { message });
  }
  const names = (header(head, 'access-control-request-headers') ?? '').toLowerCase().split(',');
  const headers = names.map((name) => name.trim()).filter(Boolean);
  const allowed = await allowedBy(deps, bucket, { origin, method, headers });
  if (allowed !== undefined) return { status: 200, headers: allowed };
  throw new S3Error('AccessForbidden', {
    message: 'CORSResponse: this bucket has no CORS rule that allows this request.',
  });
}

/** What an answer to a page of another site says besides; nothing when no rule allows it: the browser keeps it then. */
export async function crossOriginHeaders(
  deps: Deps,
  head: RequestHead,
  bucket: string,
): Promise<Readonly<Record<string, string>>> {
  const origin = header(head, 'origin');
  if (origin === undefined || bucket === '') return {};
  return (await allowedBy(deps, bucket, { origin, method: head.method, headers: [] })) ?? {};
}

async function allowedBy({ documents }: Deps, bucket: string, request: CorsRequest) {
  if (!isBucketName(bucket)) return undefined;
  const text = await documents.read(bucket, 'cors').catch(() => undefined);
  return text === undefined ? undefined : corsHeaders(readOr(text), request);
}

/** A document that another server wrote and this one does not understand allows nothing. */
function readOr(text: string): ReturnType<typeof readCors> {
  try {
    return readCors(text);
  } catch {
    return [];
  }
}
