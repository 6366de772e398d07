import type { Opened } from './deps.ts';
import { explain } from './explain.ts';

export interface ListedObject {
  readonly key: string;
  /** Bytes. */
  readonly size: number;
  readonly lastModified: Date;
}

/** The objects below a prefix, page by page: memory does not grow with their number. */
export async function* listObjects(
  { sdk }: Pick<Opened, 'sdk'>,
  bucket: string,
  prefix: string,
  signal: AbortSignal,
): AsyncGenerator<ListedObject> {
  const { s3, client } = await sdk();
  let token: string | undefined;
  do {
    const input = { Bucket: bucket, Prefix: prefix, ContinuationToken: token };
    const sent = client.send(new s3.ListObjectsV2Command(input), { abortSignal: signal });
    const page = await sent.catch((error: unknown) => {
      throw explain(error, 'download', { operation: 'list', bucket });
    });
    for (const { Key: key, Size: size = 0, LastModified: lastModified } of page.Contents ?? []) {
      if (key !== undefined && lastModified !== undefined) yield { key, size, lastModified };
    }
    token = page.IsTruncated === true ? page.NextContinuationToken : undefined;
  } while (token !== undefined);
}
