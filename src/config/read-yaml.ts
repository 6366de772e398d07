import {
  type Document,
  isAlias,
  isMap,
  isScalar,
  isSeq,
  LineCounter,
  type Node,
  parseDocument,
  type YAMLError,
} from 'yaml';
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

export interface SourceYaml {
  readonly lines: LineCounter;
  /** Undefined when the structure cannot be trusted. */
  readonly document: Document | undefined;
  /** Parents before children. */
  readonly places: readonly Place[];
  readonly problems: readonly Problem[];
}

const MAX_BYTES = 1024 * 1024;
const MAX_DEPTH = 32;
/** For resolving aliases, too: each one costs a walk through the document. */
export const MAX_ALIASES = 100;

/** Reads YAML 1.2 with the core schema. Never throws. */
export function readYaml(text: string): SourceYaml {
  const lines = new LineCounter();
  const unreadable = findUnreadable(text);
  if (unreadable !== undefined) {
    lines.addNewLine(0);
    for (let at = text.indexOf('\n'); at !== -1 && at < unreadable.offset; at = text.indexOf('\n', at + 1)) {
      lines.addNewLine(at + 1);
    }
    return { lines, document: undefined, places: [], problems: [unreadable] };
  }
  const document = parseDocument(text, {
    version: '1.2',
    schema: 'core',
    merge: false,
    strict: true,
    stringKeys: true,
    uniqueKeys: true,
    prettyErrors: false,
    // `silent` would hide further documents.
    logLevel: 'error',
    lineCounter: lines,
  });
  const found = [...document.errors, ...document.warnings];
  const problems = found.map(toProblem);
  if (found.some((error) => !HARMLESS_TO_STRUCTURE.has(error.code))) {
    return { lines, document: undefined, places: [], problems };
  }
  const listed = listPlaces(document);
  const trusted = listed.problems.length === 0;
  return {
    lines,
    document: trusted ? document : undefined,
    places: trusted ? listed.places : [],
    problems: [...problems, ...listed.problems],
  };
}

const HARMLESS_TO_STRUCTURE: ReadonlySet<string> = new Set(['DUPLICATE_KEY', 'TAG_RESOLVE_FAILED']);

function findUnreadable(text: string): (Problem & { readonly offset: number }) | undefined {
  const problem = (offset: number, message: string, hint: string): Problem & { readonly offset: number } => ({
    severity: 'error',
    path: '',
    offset,
    message,
    hint,
  });
  if (Buffer.byteLength(text) > MAX_BYTES) {
    return problem(0, 'the file is larger than 1 MiB', 'this does not look like a configuration of the agent');
  }
  if (text.startsWith('\uFEFF')) {
    return problem(0, 'the file starts with a byte order mark', 'save it as UTF-8 without BOM');
  }
  // The decoder puts U+FFFD where the bytes are not UTF-8; NUL means UTF-16 or a binary file.
  const at = text.search(/[\uFFFD\0]/);
  return at === -1 ? undefined : problem(at, 'the file is not UTF-8 text', 'save it as UTF-8');
}

/** Own words: those of the parser quote the source, and the source may be a secret. */
const SYNTAX: Readonly<Record<string, string>> = {
  ALIAS_PROPS: 'an alias (*name) cannot have an anchor or tag of its own',
  BAD_ALIAS: 'this alias or anchor name is not valid',
  BAD_COLLECTION_TYPE: 'this tag does not fit the value',
  BAD_DIRECTIVE: 'this directive is not supported',
  BAD_DQ_ESCAPE: 'invalid escape sequence in a double-quoted text',
  BAD_INDENT: 'wrong indentation, or a bracket that is not closed',
  BAD_PROP_ORDER: 'an anchor or tag is in the wrong place',
  BAD_SCALAR_START: 'a text cannot start with this character without quotes',
  BLOCK_AS_IMPLICIT_KEY: 'a mapping or list cannot start here: is the indentation right, or a quote missing?',
  BLOCK_IN_FLOW: 'inside brackets only brackets can be used',
  DUPLICATE_KEY: 'this key appears twice in the same mapping',
  KEY_OVER_1024_CHARS: 'this key is too long',
  MISSING_CHAR: 'a character is missing here: a comma, a bracket, a colon after a key, or a space',
  MULTILINE_IMPLICIT_KEY: 'a key must be on one line: is a colon missing?',
  MULTIPLE_ANCHORS: 'a value can have only one anchor',
  MULTIPLE_DOCS: 'a second document starts here; the file must hold one',
  MULTIPLE_TAGS: 'a value can have only one tag',
  NON_STRING_KEY: 'a key must be text',
  RESOURCE_EXHAUSTION: 'nested too deeply',
  TAB_AS_INDENT: 'tabs cannot be used for indentation',
  TAG_RESOLVE_FAILED: 'this tag (!name) is not known',
};

function toProblem(error: YAMLError): Problem {
  const quote = error.code === 'MISSING_CHAR' && error.message.includes('quote');
  const message = quote ? 'a closing quote is missing' : (SYNTAX[error.code] ?? 'this is not valid YAML here');
  return { severity: 'error', path: '', offset: error.pos[0], message };
}

function listPlaces(document: Document): { readonly places: readonly Place[]; readonly problems: readonly Problem[] } {
  const places: Place[] = [];
  const problems: Problem[] = [];
  let aliases = 0;
  const add = (place: Place, depth: number): void => {
    if (problems.length > 0) return;
    const { node, path } = place;
    const offset = node?.range?.[0] ?? place.key?.[0] ?? 0;
    const refuse = (message: string): unknown => problems.push({ severity: 'error', path: '', offset, message });
    if (depth > MAX_DEPTH) return void refuse('nested too deeply');
    if (isAlias(node) && ++aliases > MAX_ALIASES) return void refuse(`more than ${MAX_ALIASES} aliases`);
    if (isAlias(node) && node.resolve(document) === undefined) {
      return void refuse('this alias names an anchor that does not exist before it');
    }
    places.push(place);
    if (isSeq(node)) {
      for (const [index, item] of node.items.entries()) add(member(path, String(index), undefined, item), depth + 1);
    }
    if (!isMap(node)) return;
    for (const pair of node.items) {
      const key = isScalar(pair.key) ? pair.key : undefined;
      const range = key?.range ?? undefined;
      add(
        member(path, typeof key?.value === 'string' ? key.value : '', range && [range[0], range[1]], pair.value),
        depth + 1,
      );
    }
  };
  add({ path: '', parent: undefined, segment: '', key: undefined, node: document.contents ?? undefined }, 0);
  return { places, problems };
}

function member(parent: string, segment: string, key: Place['key'], node: unknown): Place {
  return { path: pointer(parent, segment), parent, segment, key, node: (node as Node | null) ?? undefined };
}
