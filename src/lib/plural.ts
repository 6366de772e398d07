/** Returns `1 bucket`, `2 buckets`, `0 buckets`; `many` is for words that do not take an s. */
export function plural(count: number | bigint, one: string, many = `${one}s`): string {
  return `${count} ${BigInt(count) === 1n ? one : many}`;
}
