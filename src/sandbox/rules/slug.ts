/** Waldur's slugs: the first ten characters of the name, made unique by a number. `used` counts slugs given out. */
export function slugify(name: string, used: Map<string, number>): string {
  const clean = name
    .normalize('NFKD')
    .toLowerCase()
    .replace(/[^a-z0-9\s_-]/g, '')
    .trim()
    .replace(/[\s_-]+/g, '-');
  const base = clean.slice(0, 10).replace(/-+$/, '') || 'object';
  const count = (used.get(base) ?? 0) + 1;
  used.set(base, count);
  return count === 1 ? base : `${base}-${count}`;
}
