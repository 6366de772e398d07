import { type Document, isAlias, isMap, isScalar, isSeq, type Node } from 'yaml';
import { type Problem, pointer } from './diagnostic.ts';

/** A node of the document, under the JSON pointer it has in the data. */
export interface Place {
  readonly path: string;
  /** Pointer of the mapping or list it is in; undefined for the root. */
  readonly parent: string | undefined;
  readonly segment: string;
  /** Offsets of the key, for members of mappings. */
  readonly key: readonly [number, number] | undefined;
  /** Undefined where a key has no value at all. */
  readonly node: Node | undefined;
}

export interface ListedPlaces {
  /** Parents before children. */
  readonly places: readonly Place[];
  readonly duplicates: readonly Problem[];
  /** Why the document cannot be used at all. */
  readonly refused: Problem | undefined;
}

/** For resolving aliases, too: each one costs a walk through the document. */
export const MAX_ALIASES = 100;
const MAX_DEPTH = 32;
/** A thousand offerings have fewer. */
const MAX_PLACES = 50_000;

export function listPlaces(document: Document): ListedPlaces {
  const places: Place[] = [];
  const duplicates: Problem[] = [];
  let refused: Problem | undefined;
  let aliases = 0;
  const objection = (node: Node | undefined, depth: number): string | undefined => {
    if (depth > MAX_DEPTH) return 'nested too deeply';
    if (places.length === MAX_PLACES) return `more than ${MAX_PLACES} values`;
    if (!isAlias(node)) return undefined;
    if (++aliases > MAX_ALIASES) return `more than ${MAX_ALIASES} aliases`;
    return node.resolve(document) === undefined
      ? 'this alias names an anchor that does not exist before it'
      : undefined;
  };
  const add = (place: Place, depth: number): void => {
    if (refused !== undefined) return;
    const { node, path } = place;
    const message = objection(node, depth);
    if (message !== undefined) {
      refused = { severity: 'error', path: '', offset: node?.range?.[0] ?? place.key?.[0] ?? 0, message };
      return;
    }
    places.push(place);
    const found = members(path, node);
    for (const member of found) add(member, depth + 1);
    if (isMap(node)) duplicates.push(...findDuplicates(found));
  };
  add({ path: '', parent: undefined, segment: '', key: undefined, node: document.contents ?? undefined }, 0);
  return { places, duplicates, refused };
}

function members(parent: string, node: Node | undefined): readonly Place[] {
  const place = (segment: string, key: Place['key'], value: unknown): Place => {
    return { path: pointer(parent, segment), parent, segment, key, node: (value as Node | null) ?? undefined };
  };
  if (isSeq(node)) return node.items.map((item, index) => place(String(index), undefined, item));
  if (!isMap(node)) return [];
  return node.items.map(({ key, value }) => {
    const scalar = isScalar(key) ? key : undefined;
    const segment = typeof scalar?.value === 'string' ? scalar.value : '';
    return place(segment, scalar?.range ? [scalar.range[0], scalar.range[1]] : undefined, value);
  });
}

function findDuplicates(found: readonly Place[]): readonly Problem[] {
  const paths = new Set<string>();
  return found.flatMap(({ path, key }) => {
    const twice = paths.has(path);
    paths.add(path);
    if (!twice) return [];
    const message = 'this key appears twice in the same mapping';
    return [{ severity: 'error', path: '', offset: key?.[0] ?? 0, message }];
  });
}
