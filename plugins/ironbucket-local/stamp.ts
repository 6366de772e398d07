import { join } from 'node:path';
import { type Disk, replaceFile } from './disk.ts';
import { damaged } from './errors.ts';
import { formatExact, parseExact } from './exact-json.ts';
import { STAMP_FILE } from './layout.ts';

const FIELD = 'waldur_resource';

/**
 * UUID of the resource that owns the bucket in `directory`; undefined when it has no stamp.
 *
 * @throws AgentError operator `IRONBUCKET_FILE_DAMAGED` when that cannot be told.
 */
export async function readStamp(disk: Disk, directory: string): Promise<string | undefined> {
  const stamp = (await readDocument(disk, directory))?.[FIELD];
  return typeof stamp === 'string' && /^[0-9a-f]{32}$/.test(stamp) ? stamp : undefined;
}

/** Whatever else the S3 server keeps in the document stays. Returns whether it changed. */
export async function writeStamp(disk: Disk, directory: string, resource: string): Promise<boolean> {
  const document = (await readDocument(disk, directory)) ?? {};
  if (document[FIELD] === resource) return false;
  const text = formatExact(Object.entries({ ...document, [FIELD]: resource }));
  await replaceFile(disk, join(directory, STAMP_FILE), text, 0o666);
  return true;
}

async function readDocument(disk: Disk, directory: string): Promise<ReturnType<typeof parseExact>> {
  const path = join(directory, STAMP_FILE);
  const text = await disk.read(path);
  if (text === undefined) return undefined;
  const document = parseExact(text);
  if (document === undefined) throw damaged(path, 'it is not a JSON object');
  return document;
}
