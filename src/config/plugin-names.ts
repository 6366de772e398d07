import { type Document, isAlias, isMap, isScalar, isSeq, parseDocument } from 'yaml';
import { MAX_CONFIG_BYTES } from './read-yaml.ts';

/**
 * The plugins a configuration names, read before it can be validated: the schema is composed from theirs. Anything else
 * that is wrong with the text is left to `loadConfig`.
 */
export function readPluginNames(text: string): {
  /** npm packages under `plugins`. */
  readonly packages: readonly string[];
  /** Values of `backend_type`, as written. */
  readonly backendTypes: readonly string[];
} {
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) return { packages: [], backendTypes: [] };
  const document = parseDocument(text, { schema: 'core', prettyErrors: false, logLevel: 'silent' });
  const types = items(member(document.contents, 'offerings', document), document).map((offering) =>
    member(offering, 'backend_type', document),
  );
  const packages = items(member(document.contents, 'plugins', document), document);
  return { packages: texts(packages), backendTypes: texts(types) };
}

function member(node: unknown, key: string, document: Document): unknown {
  return isMap(node) ? resolved(node.get(key, true), document) : undefined;
}

function items(node: unknown, document: Document): readonly unknown[] {
  return isSeq(node) ? node.items.map((item) => resolved(item, document)) : [];
}

function resolved(node: unknown, document: Document): unknown {
  return isAlias(node) ? node.resolve(document) : node;
}

function texts(nodes: readonly unknown[]): readonly string[] {
  return nodes.flatMap((node) => (isScalar(node) && typeof node.value === 'string' ? [node.value] : []));
}
