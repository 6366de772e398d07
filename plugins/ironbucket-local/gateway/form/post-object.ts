import type { RequestHead } from '../../../../src/s3/request-head.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import type { Deps } from '../../deps.ts';
import type { Reply } from '../call.ts';
import { quote, readDescription } from '../description.ts';
import { withinQuota } from '../operations/put-object.ts';
import { refuseUnsupported } from '../unsupported.ts';
import { xmlReply } from '../xml/reply.ts';
import { type LengthRange, requirePolicy } from './policy.ts';
import type { Form } from './read-form.ts';

/** A form whose signer may write into the bucket. */
export interface SignedForm {
  readonly head: RequestHead;
  readonly bucket: string;
  readonly form: Form;
  readonly signal: AbortSignal;
}

/** Stores the file of a form when its policy allows that. */
export async function postObject(deps: Deps, { head, bucket, form, signal }: SignedForm): Promise<Reply> {
  const { objects, quotas, statistics, clock } = deps;
  const { fields, filename, file } = form;
  const range = requirePolicy(fields.get('policy') ?? '', new Map([...fields, ['bucket', bucket]]), clock.now());
  const key = (fields.get('key') ?? '').replaceAll('${filename}', filename);
  if (key === '') throw new S3Error('InvalidArgument', { message: 'A form needs a field named key.' });
  const asHeaders = headOf(head, fields);
  refuseUnsupported(asHeaders, bucket);
  const described = readDescription(asHeaders);
  const reservation = await quotas.reserve(bucket, undefined, signal, () => objects.size(bucket, key));
  try {
    const chunks = range === undefined ? file : within(range, file);
    const content = { body: withinQuota({ length: undefined, chunks }, reservation), describe: () => described };
    const { etag } = await objects.put(bucket, key, content, { reservation }, signal);
    statistics.count(bucket, 'put');
    return replyOf(fields, bucket, key, quote(etag));
  } finally {
    reservation.release();
  }
}

/** What a form says of the object is what headers say of it elsewhere; the request's own speak of the form. */
function headOf(head: RequestHead, fields: ReadonlyMap<string, string>): RequestHead {
  const named = [...fields].filter(([name]) => DESCRIBING.test(name));
  return { ...head, query: new Map(), headers: new Map(named.map(([name, value]) => [name, [toBytes(value)]])) };
}

const DESCRIBING =
  /^(content-(type|disposition|encoding|language)|cache-control|expires|x-amz-(meta-.*|storage-class|acl))$/;

/** A character for each byte, as headers have it. */
function toBytes(text: string): string {
  return Buffer.from(text).toString('latin1');
}

async function* within({ least, most }: LengthRange, file: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let bytes = 0;
  for await (const chunk of file) {
    bytes += chunk.length;
    if (bytes > most) throw new S3Error('EntityTooLarge');
    yield chunk;
  }
  if (bytes < least) throw new S3Error('EntityTooSmall');
}

function replyOf(fields: ReadonlyMap<string, string>, bucket: string, key: string, etag: string): Reply {
  const target = fields.get('success_action_redirect') ?? fields.get('redirect');
  if (target !== undefined && /^https?:\/\//.test(target) && URL.canParse(target)) {
    const url = new URL(target);
    for (const [name, value] of Object.entries({ bucket, key, etag })) url.searchParams.set(name, value);
    return { status: 303, headers: { location: url.href, etag } };
  }
  const status = fields.get('success_action_status');
  if (status === '201') {
    const content = [element('Bucket', bucket), element('Key', key), element('ETag', etag)];
    return { ...xmlReply('PostResponse', content, { etag }), status: 201 };
  }
  return { status: status === '200' ? 200 : 204, headers: { etag } };
}
