/** The name of a user or group; an id without one is `#1000`. */
export function nameOfId(names: ReadonlyMap<number, string>, id: number): string {
  return names.get(id) ?? `#${id}`;
}
