/** The e-mail address of a user of ours. RGW refuses an address twice, so the name is part of it. */
export function stampOf(account: string, resource: string): string {
  return `waldur-${resource}-${bareName(account)}@invalid`;
}

/** UUID of the resource that owns the user; undefined without our stamp, and for one that was copied to another user. */
export function readStamp(account: string, email: string): string | undefined {
  // RGW stores addresses in lower case.
  const [, resource, name] = /^waldur-([0-9a-f]{32})-(.+)@invalid$/.exec(email.toLowerCase()) ?? [];
  return name === bareName(account).toLowerCase() ? resource : undefined;
}

/** Without the tenant. */
function bareName(account: string): string {
  return account.slice(account.indexOf('$') + 1);
}
