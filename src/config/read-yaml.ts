import { type Document, LineCounter, parseDocument, type YAMLError } from 'yaml';
import type { Problem } from './diagnostic.ts';
import { listPlaces, type Place } from './list-places.ts';

export interface SourceYaml {
  readonly lines: LineCounter;
  /** Undefined when the structure cannot be trusted. */
  readonly document: Document | undefined;
  /** Parents before children. */
  readonly places: readonly Place[];
  readonly problems: readonly Problem[];
}

/** A configuration of a thousand offerings is smaller. */
export const MAX_CONFIG_BYTES = 1024 * 1024;

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
    // The parser would compare every key with every other; listPlaces looks for them.
    uniqueKeys: false,
    prettyErrors: false,
    // `silent` would hide further documents.
    logLevel: 'error',
    lineCounter: lines,
  });
  const found = [...document.errors, ...document.warnings];
  const problems = found.map(toProblem);
  if (found.some(({ code }) => code !== 'TAG_RESOLVE_FAILED')) {
    return { lines, document: undefined, places: [], problems };
  }
  const { places, duplicates, refused } = listPlaces(document);
  if (refused !== undefined) return { lines, document: undefined, places: [], problems: [...problems, refused] };
  return { lines, document, places, problems: [...problems, ...duplicates] };
}

function findUnreadable(text: string): (Problem & { readonly offset: number }) | undefined {
  const problem = (offset: number, message: string, hint: string): Problem & { readonly offset: number } => ({
    severity: 'error',
    path: '',
    offset,
    message,
    hint,
  });
  if (Buffer.byteLength(text) > MAX_CONFIG_BYTES) {
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
