import { badName } from './errors.ts';

/** The buckets of an account by the templates of the settings. */
export function bucketNames(templates: readonly string[], account: string): readonly string[] {
  return templates.map((template) => template.replaceAll('{account}', account).toLowerCase().replace(/[_.]/g, '-'));
}

/** A DNS label, which is what every client can address. */
export function isBucketName(name: string): boolean {
  return /^[a-z0-9](?:[a-z0-9-]{1,61})[a-z0-9]$/.test(name);
}

/** @throws AgentError terminal `MINIO_BAD_NAME` */
export function checkBucketName(name: string): string {
  if (!isBucketName(name)) throw badName('the name of a bucket', name);
  return name;
}

/** What an access key of a user may be: no `=` and `,`, no blanks, nothing that a URL takes for a way up. */
export function isUserName(name: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9._-]{3,200}$/.test(name);
}

/** @throws AgentError terminal `MINIO_BAD_NAME` */
export function checkUserName(name: string): string {
  if (!isUserName(name)) throw badName('a user name', name);
  return name;
}

export function policyName(account: string): string {
  return `waldur-${account}`;
}

/** The account whose policy has this name. */
export function accountIn(policy: string): string | undefined {
  return /^waldur-(.+)$/.exec(policy)?.[1];
}
