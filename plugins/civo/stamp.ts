const LONGEST_NAME = 63;

/** The name of the credential of a resource: it says which account and which resource it was made for. */
export function stampOf(account: string, resource: string): string {
  const stamp = `${account}-${resource}`;
  return stamp.length <= LONGEST_NAME && LABEL.test(account) ? stamp : resource;
}

/** UUID of the resource that the credential of this name was made for; undefined without our stamp. */
export function readStamp(name: string): string | undefined {
  return /^(?:[a-z0-9-]+-)?([0-9a-f]{32})$/.exec(name)?.[1];
}

/** The account in a stamp that has one: the name that its store was to get. */
export function accountOf(name: string): string | undefined {
  return /^([a-z0-9-]+)-[0-9a-f]{32}$/.exec(name)?.[1];
}

/** What the name of a store must be. */
const LABEL = /^[a-z0-9][-a-z0-9]{1,61}[a-z0-9]$/;

export function isStoreName(name: string): boolean {
  return LABEL.test(name);
}

/** The account of a store: its region is part of what it is. */
export function accountId(region: string, id: string): string {
  return `${region}/${id}`;
}

/** The id in an account that has one. `elsewhere`: of another region. */
export function readAccountId(account: string, region: string): { readonly id: string } | 'elsewhere' | undefined {
  const [, its, id = ''] = /^([A-Z0-9]{2,16})\/([A-Za-z0-9-]{1,64})$/.exec(account) ?? [];
  if (its === undefined) return undefined;
  return its === region ? { id } : 'elsewhere';
}
