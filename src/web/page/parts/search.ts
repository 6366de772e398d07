/** What the address of a page may say after `?`. */
export interface Search {
  readonly q?: string;
  readonly sort?: string;
  readonly offering?: string;
  readonly host?: string;
  readonly device?: string;
}

export function readSearch(raw: Record<string, unknown>): Search {
  const kept = (['q', 'sort', 'offering', 'host', 'device'] as const).flatMap((name) => {
    const value = raw[name];
    return typeof value === 'string' || typeof value === 'number' ? [[name, String(value)] as const] : [];
  });
  return Object.fromEntries(kept.filter(([, value]) => value !== ''));
}
