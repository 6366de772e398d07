import { isMap, parseDocument } from 'yaml';
import type { Config } from './types.ts';

const DEFAULT = '127.0.0.1:9464';

/**
 * Where an agent with this configuration listens, without looking at anything else: a file that is being edited and has
 * mistakes elsewhere says it all the same. Undefined when it cannot be told.
 */
export function findListen(
  text: string,
  env: Readonly<Record<string, string | undefined>>,
): Config['http'] | undefined {
  const { contents } = parseDocument(text, { schema: 'core', logLevel: 'silent' });
  const value: unknown = isMap(contents) ? (contents.get('listen') ?? DEFAULT) : DEFAULT;
  if (typeof value !== 'string') return undefined;
  const address = value.replaceAll(/\$\{env:(\w+)(?::-([^}]*))?\}/g, (_, name: string, otherwise?: string) => {
    return env[name] ?? otherwise ?? '';
  });
  const [, bracketed, plain, port = ''] = /^(?:\[(.+)\]|([^:]+)):(\d{1,5})$/.exec(address) ?? [];
  const host = bracketed ?? plain;
  return host === undefined || Number(port) > 65_535 ? undefined : { host, port: Number(port) };
}
