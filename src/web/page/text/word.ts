/** The text of a value that comes from elsewhere, such as `type.create`; without one, the value itself. */
export function wordFor(words: Readonly<Record<string, string | undefined>>, group: string, value: string): string {
  return words[`${group}.${value}`] ?? value;
}
