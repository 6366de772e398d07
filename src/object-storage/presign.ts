import type { Opened } from './deps.ts';
import { StorageInputError } from './errors.ts';
import { isAmazon, openSdk, type Sdk } from './sdk.ts';

const LONGEST = 604_800;

/** Signs for the public name of the server: a signature holds for one host. @throws StorageInputError outside 1 to 604800 s */
export async function presign(
  opened: Opened,
  { bucket, key, seconds }: { readonly bucket: string; readonly key: string; readonly seconds: number },
): Promise<string> {
  if (!Number.isInteger(seconds) || seconds < 1 || seconds > LONGEST) {
    const message = `a URL can be good for 1 to ${LONGEST} seconds, not ${seconds}`;
    throw new StorageInputError(message, { context: { operation: 'presign', bucket, key } });
  }
  const { s3, client } = await publicSdk(opened);
  const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
  const command = new s3.GetObjectCommand({ Bucket: bucket, Key: key });
  return getSignedUrl(client, command, { expiresIn: seconds, signingDate: opened.clock.now() });
}

async function publicSdk({ settings, sdk }: Opened): Promise<Sdk> {
  const { public_endpoint: host } = settings;
  const own = await sdk();
  if (host === undefined || host === settings.endpoint || isAmazon(host)) return own;
  // It never connects, so it needs no pools.
  return openSdk(settings, undefined, host);
}

/** Why a presigned URL is refused, as far as the URL itself tells; undefined when it ought to work. */
export function whyRefused(url: string, now: Date): string | undefined {
  const { searchParams } = new URL(url);
  const stamp = (searchParams.get('X-Amz-Date') ?? '').replace(
    /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/,
    '$1-$2-$3T$4:$5:$6Z',
  );
  const signed = Date.parse(stamp);
  if (Number.isNaN(signed)) return 'it is not a presigned URL';
  const seconds = Number(searchParams.get('X-Amz-Expires'));
  const expires = new Date(signed + seconds * 1000);
  if (signed > now.getTime())
    return `it was signed in the future, at ${new Date(signed).toISOString()}: the clocks differ`;
  if (expires <= now) return `it expired at ${expires.toISOString()}: make a new one`;
  return undefined;
}
