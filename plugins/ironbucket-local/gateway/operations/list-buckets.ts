import { parameter } from '../../../../src/s3/request-head.ts';
import { element } from '../../../../src/s3/xml/write.ts';
import { isBucketName } from '../../layout.ts';
import { compareKeys } from '../../objects/order.ts';
import type { Operation } from '../call.ts';
import { readLimit } from '../limit.ts';
import { maybe, ownerElement, xmlReply } from '../xml/reply.ts';

const MOST = 10_000;

/** An account sees its own bucket, the administrator all that there are. */
export const listBuckets: Operation = async ({ disk, files, layout }, { head, principal }) => {
  const names: string[] = [];
  if (principal.kind === 'account') names.push(principal.account);
  else for await (const name of disk.names(layout.root)) if (isBucketName(name)) names.push(name);
  const prefix = parameter(head, 'prefix') ?? '';
  const after = parameter(head, 'continuation-token') ?? '';
  const limit = readLimit(head, 'max-buckets', MOST);
  const wanted = names.filter((name) => name.startsWith(prefix) && name > after).sort(compareKeys);
  const page = wanted.slice(0, limit);
  const buckets = await Promise.all(
    page.map(async (name) => {
      const facts = await files.facts(layout.bucket(name));
      if (facts?.kind !== 'directory') return undefined;
      return element('Bucket', [element('Name', name), element('CreationDate', facts.created.toISOString())]);
    }),
  );
  return xmlReply('ListAllMyBucketsResult', [
    ownerElement(principal.kind === 'account' ? principal.account : 'administrator'),
    element('Buckets', buckets),
    maybe('Prefix', prefix),
    wanted.length > limit ? maybe('ContinuationToken', page.at(-1)) : undefined,
  ]);
};
