import { isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { MAX_CONFIG_BYTES } from './read-yaml.ts';

/**
 * The external plugins a configuration names under `plugins`, read before it can be validated: the schema is composed
 * from theirs. Anything else that is wrong with the text is left to `loadConfig`.
 */
export function readPluginNames(text: string): readonly string[] {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) return [];
  const { contents } = parseDocument(text, { schema: 'core', prettyErrors: false, logLevel: 'silent' });
  const plugins = isMap(contents) ? contents.get('plugins') : undefined;
  const items: readonly unknown[] = isSeq(plugins) ? plugins.items : [];
  return items.flatMap((item) => (isScalar(item) && typeof item.value === 'string' ? [item.value] : []));
}
