import { StorageInputError } from './errors.ts';

/** Facts stored with an object. Names are like `user_id`. */
export type Metadata = Readonly<Record<string, string>>;

/** Some gateways turn underscores into hyphens, so hyphens are what is written. @throws StorageInputError */
export function toHeaders(metadata: Metadata): Metadata {
  return Object.fromEntries(
    Object.entries(metadata).map(([name, value]) => {
      if (!/^[a-z][a-z0-9_]{0,63}$/.test(name) || !/^[\x20-\x7e]{0,1000}$/.test(value)) {
        throw new StorageInputError(
          `metadata ${JSON.stringify(name.slice(0, 40))} must have a name like user_id and a value of up to 1000 ASCII characters`,
          { context: { operation: 'check' } },
        );
      }
      return [name.replaceAll('_', '-'), value];
    }),
  );
}

export function fromHeaders(headers: Metadata = {}): Metadata {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name.toLowerCase().replaceAll('-', '_'), value]),
  );
}
