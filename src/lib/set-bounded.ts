/**
 * Sets the value as the newest of the map. With more than `most` of them, the oldest goes: the one that was set longest ago.
 * Returns it.
 */
export function setBounded<K, V>(map: Map<K, V>, key: K, value: V, most: number): readonly [K, V] | undefined {
  map.delete(key);
  map.set(key, value);
  const [oldest] = map.size > most ? map : [];
  if (oldest !== undefined) map.delete(oldest[0]);
  return oldest;
}
