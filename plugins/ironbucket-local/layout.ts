import { join } from 'node:path';

/** Where things are below the storage path. Everything of ours begins with a dot, which S3 never serves. */
export interface Layout {
  readonly root: string;
  /** Our own directory, outside every bucket. */
  readonly own: string;
  /** The directory of the files of accounts. */
  readonly accounts: string;
  /** The one file that earlier versions had for all of them. */
  readonly oldAccounts: string;
  /** The file of one. @throws RangeError as `bucket` */
  account(account: string): string;
  /** @throws RangeError for anything but a bucket name: the last guard before a path is built. */
  bucket(account: string): string;
  /** A bucket that is not complete yet. */
  stage(account: string): string;
  /** A bucket on its way out. */
  trash(id: string): string;
}

export const TRASH_PREFIX = '.deleted-';
export const QUOTA_FILE = '.quota';
export const STAMP_FILE = '.bucket_metadata';

export function layoutOf(root: string): Layout {
  const own = join(root, '.agent');
  /** Of the root, with a slash behind it. */
  const below = own.slice(0, -'.agent'.length);
  const checked = (account: string): string => {
    if (!isBucketName(account)) throw new RangeError(`${JSON.stringify(account.slice(0, 80))} is not a bucket name`);
    return account;
  };
  return {
    root,
    own,
    accounts: join(own, 'accounts'),
    oldAccounts: join(own, 'accounts.json'),
    account: (account) => join(own, 'accounts', `${checked(account)}.json`),
    bucket: (account) => below + checked(account),
    stage: (account) => join(root, `.creating-${checked(account)}`),
    trash: (id) => join(root, TRASH_PREFIX + id),
  };
}

export function isBucketName(name: string): boolean {
  return name.length >= 3 && name.length <= 63 && /^[a-z0-9][a-z0-9.-]*[a-z0-9]$/.test(name) && !name.includes('..');
}

/** S3's rules for a bucket that is made: what is there already may have another name. Source: "Bucket naming rules". */
export function isNewBucketName(name: string): boolean {
  return (
    isBucketName(name) &&
    !/^\d+\.\d+\.\d+\.\d+$|^(xn--|sthree-|amzn-s3-demo-)|(-s3alias|--ol-s3|\.mrap|--x-s3)$/.test(name)
  );
}
