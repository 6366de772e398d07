import { S3Error } from './s3-error.ts';

/** Values by name, in the order in which they came; a name that comes twice has two. */
export type Values = ReadonlyMap<string, readonly string[]>;

/** A request without its body, read but not believed. */
export interface RequestHead {
  readonly method: string;
  /** As on the wire, without the query. */
  readonly rawPath: string;
  /** Decoded once; `+` is a plus. */
  readonly path: string;
  /** Decoded; `+` is a blank. Parameters without `=` have the value `''`. */
  readonly query: Values;
  /** Names in lower case; every character of a value is one byte of it. */
  readonly headers: Values;
}

/** What Node knows of a request. */
export interface Incoming {
  readonly method?: string | undefined;
  readonly url?: string | undefined;
  readonly rawHeaders: readonly string[];
}

/** @throws S3Error `InvalidURI` for a target that is not a path, or does not decode to UTF-8. */
export function readHead({ method = '', url = '', rawHeaders }: Incoming): RequestHead {
  if (!url.startsWith('/')) throw new S3Error('InvalidURI');
  const mark = url.indexOf('?');
  const rawPath = mark < 0 ? url : url.slice(0, mark);
  const parameters =
    mark < 0
      ? []
      : url
          .slice(mark + 1)
          .split('&')
          .filter(Boolean)
          .map(readParameter);
  return { method, rawPath, path: decode(rawPath), query: group(parameters), headers: group(pairs(rawHeaders)) };
}

/** The value of a header, undefined when it is absent. @throws S3Error `InvalidArgument` when it comes more than once. */
export function header({ headers }: RequestHead, name: string): string | undefined {
  return single(headers, name);
}

/** The same of a parameter of the query. */
export function parameter({ query }: RequestHead, name: string): string | undefined {
  return single(query, name);
}

function single(values: Values, name: string): string | undefined {
  const found = values.get(name);
  if (found === undefined) return undefined;
  if (found.length === 1) return found[0];
  const fields = { ArgumentName: name };
  throw new S3Error('InvalidArgument', { message: `${name} comes more than once.`, fields });
}

function readParameter(text: string): readonly [string, string] {
  const mark = text.indexOf('=');
  const [name, value] = mark < 0 ? [text, ''] : [text.slice(0, mark), text.slice(mark + 1)];
  return [decode(name.replaceAll('+', ' ')), decode(value.replaceAll('+', ' '))];
}

function* pairs(rawHeaders: readonly string[]): Generator<readonly [string, string]> {
  for (let index = 0; index + 1 < rawHeaders.length; index += 2) {
    yield [rawHeaders[index]?.toLowerCase() ?? '', rawHeaders[index + 1] ?? ''];
  }
}

/** Bytes above 127 may come unencoded: Node hands them out as one character each. */
function decode(text: string): string {
  if (/[\u0100-\uffff]/.test(text)) throw new S3Error('InvalidURI');
  const ascii = text.replace(/[\x80-\xff]/g, (char) => `%${char.charCodeAt(0).toString(16)}`);
  try {
    return decodeURIComponent(ascii);
  } catch (cause) {
    throw new S3Error('InvalidURI', { cause });
  }
}

function group(pairs: Iterable<readonly [string, string]>): Values {
  const groups = new Map<string, string[]>();
  for (const [name, value] of pairs) {
    const group = groups.get(name);
    if (group === undefined) groups.set(name, [value]);
    else group.push(value);
  }
  return groups;
}
