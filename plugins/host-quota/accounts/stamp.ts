/** The comment of a user that the agent made. passwd(5) has no room for a colon. */
export function stampOf(resource: string): string {
  return `waldur-${resource}`;
}

/** UUID of the resource that owns the user; undefined without our stamp. */
export function readStamp(gecos: string): string | undefined {
  return /^waldur-([0-9a-f]{32})\b/.exec(gecos)?.[1];
}
