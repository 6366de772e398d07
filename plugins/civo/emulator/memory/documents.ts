import { childrenOf, childText, element, parseXml, type XmlElement } from '../../../../src/s3/index.ts';
import type { S3Code } from '../../../../src/s3/s3-codes.ts';
import { S3Error } from '../../../../src/s3/s3-error.ts';
import { DONE, GONE, type S3Answer, xml } from './answer.ts';
import type { DocumentName } from './bucket.ts';
import type { S3Request } from './request.ts';

interface Rules {
  readonly root: string;
  /** What an unset one is called, in a 404. */
  readonly absent: S3Code;
  /** @throws S3Error for what a RADOS Gateway refuses */
  check?(root: XmlElement): void;
}

const MOST_TAGS = 50;

const DOCUMENTS: Readonly<Record<Exclude<DocumentName, 'policy'>, Rules>> = {
  cors: { root: 'CORSConfiguration', absent: 'NoSuchCORSConfiguration' },
  lifecycle: {
    root: 'LifecycleConfiguration',
    absent: 'NoSuchLifecycleConfiguration',
    check: (root) => {
      const isIdle = childrenOf(root, 'Rule').some((rule) => !rule.children.some(({ name }) => LIFECYCLE.has(name)));
      if (isIdle) throw new S3Error('MalformedXML');
    },
  },
  tagging: {
    root: 'Tagging',
    absent: 'NoSuchTagSet',
    check: (root) => {
      const tags = childrenOf(root, 'TagSet').flatMap((set) => childrenOf(set, 'Tag'));
      if (tags.length > MOST_TAGS) throw new S3Error('InvalidArgument', { message: 'InvalidTag' });
    },
  },
};

const LIFECYCLE = new Set([
  'Expiration',
  'NoncurrentVersionExpiration',
  'AbortIncompleteMultipartUpload',
  'Transition',
]);

/** The sub-resource that a request is about, if it is about one that is a document. */
export function documentOf({ head }: S3Request): DocumentName | 'versioning' | undefined {
  return (['versioning', 'cors', 'lifecycle', 'tagging', 'policy'] as const).find((name) => head.query.has(name));
}

export function serveDocument(request: S3Request, name: DocumentName | 'versioning'): S3Answer {
  if (name === 'versioning') return serveVersioning(request);
  const { bucket, body } = request;
  const { method } = request.head;
  const rules = name === 'policy' ? undefined : DOCUMENTS[name];
  if (method === 'GET') {
    const document = bucket.documents.get(name);
    if (document === undefined) throw new S3Error(rules?.absent ?? 'NoSuchBucketPolicy');
    return { status: 200, body: document };
  }
  if (method === 'DELETE') {
    bucket.documents.delete(name);
    return GONE;
  }
  const text = body.toString('utf8');
  if (rules !== undefined) rules.check?.(read(text, rules.root));
  bucket.documents.set(name, text);
  return DONE;
}

function serveVersioning({ head, bucket, body }: S3Request): S3Answer {
  if (head.method === 'GET') {
    return xml('VersioningConfiguration', [bucket.versioning && element('Status', bucket.versioning)]);
  }
  const status = childText(read(body.toString('utf8'), 'VersioningConfiguration'), 'Status')?.trim();
  if (status !== 'Enabled' && status !== 'Suspended') throw new S3Error('MalformedXML');
  bucket.versioning = status;
  return DONE;
}

function read(text: string, name: string): XmlElement {
  const root = parse(text);
  if (root?.name !== name) throw new S3Error('MalformedXML');
  return root;
}

function parse(text: string): XmlElement | undefined {
  try {
    return parseXml(text);
  } catch {
    return undefined;
  }
}
