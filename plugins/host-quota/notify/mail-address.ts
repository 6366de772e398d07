const ADDRESS = '[^\\s<>,;@"]+@[^\\s<>,;@"]+\\.[^\\s<>,;@"]+';
const WHOLE = new RegExp(`^${ADDRESS}$`);
const PART = new RegExp(ADDRESS);
/** RFC 5321, 4.5.3.1.3. */
const LONGEST = 254;

/** Whether the whole text is an address, without a name or brackets. */
export function isMail(text: string): boolean {
  return text.length <= LONGEST && WHOLE.test(text);
}

/** The first address in a text such as `Alice Smith,,,alice@example.org`. */
export function mailIn(text: string): string | undefined {
  const found = PART.exec(text)?.[0];
  return found !== undefined && isMail(found) ? found : undefined;
}
