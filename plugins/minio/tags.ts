/** Tags of a bucket: the stamp, what the agent remembers there, and those that were ordered. */

const RESOURCE = 'waldur-resource';
/** Says that expiry was ordered: only then its rule is read, which takes a request for each bucket. */
const LIFECYCLE = 'waldur-lifecycle';

type Tags = Readonly<Record<string, string>>;

/** UUID of the owning resource, 32 hex digits; undefined without our stamp. */
export function readStamp(tags: Tags): string | undefined {
  const hex = (tags[RESOURCE] ?? '').replaceAll('-', '');
  return /^[0-9a-f]{32}$/.test(hex) ? hex : undefined;
}

export function hasLifecycle(tags: Tags): boolean {
  return LIFECYCLE in tags;
}

/** In a stable order, because servers sort them. */
export function ownTags(tags: Tags): Tags {
  const own = Object.entries(tags).filter(([key]) => !key.startsWith('waldur-'));
  return Object.fromEntries(own.sort(([a], [b]) => (a < b ? -1 : 1)));
}

export function tagsFor(resource: string, own: Tags, lifecycle: boolean): Tags {
  return { [RESOURCE]: dashed(resource), ...(lifecycle && { [LIFECYCLE]: 'true' }), ...own };
}

export function sameTags(a: Tags, b: Tags): boolean {
  const keys = Object.keys(a);
  return keys.length === Object.keys(b).length && keys.every((key) => a[key] === b[key]);
}

function dashed(uuid: string): string {
  return uuid.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}
