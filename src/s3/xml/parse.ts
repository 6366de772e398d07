import { S3Error } from '../s3-error.ts';
import { decodeEntities } from './text.ts';

export interface XmlElement {
  /** Without its prefix: clients name the namespace of S3 as they like, or not at all. */
  readonly name: string;
  readonly children: readonly XmlElement[];
  /** What stands directly in it. */
  readonly text: string;
}

/**
 * The root of a document that a client sent. Takes elements, text, CDATA, comments and the five entities; a document type
 * is refused, so no entity can be declared. @throws S3Error `MalformedXML`
 */
export function parseXml(text: string): XmlElement {
  if (text.includes('\0')) throw malformed();
  const document = open('');
  const path = [document];
  let tokens = 0;
  let at = text.startsWith('<?xml') ? text.indexOf('?>') + 2 : 0;
  while (at < text.length) {
    TOKEN.lastIndex = at;
    const match = TOKEN.exec(text);
    const current = path.at(-1);
    if (match === null || current === undefined) throw malformed();
    const [token, words, literal, closing, opening, empty] = match;
    if (words !== undefined) current.text += readWords(words);
    else if (literal !== undefined) current.text += literal;
    else if (closing !== undefined) close(path, closing);
    else if (opening !== undefined) {
      const element = open(opening);
      current.children.push(element);
      if (empty === '') path.push(element);
    }
    if (path.length > DEEPEST || ++tokens > MOST_TOKENS) throw malformed();
    at += token.length;
  }
  const [root, another] = document.children;
  if (root === undefined || another !== undefined || path.length > 1 || document.text.trim() !== '') throw malformed();
  return root;
}

export function childrenOf({ children }: XmlElement, name: string): readonly XmlElement[] {
  return children.filter((child) => child.name === name);
}

/** Text of the only element of this name; undefined when there is none. @throws S3Error `MalformedXML` when there are two */
export function childText(parent: XmlElement, name: string): string | undefined {
  const [child, another] = childrenOf(parent, name);
  if (another !== undefined) throw malformed();
  return child?.text;
}

export function malformed(): S3Error {
  return new S3Error('MalformedXML');
}

interface OpenElement extends XmlElement {
  readonly children: OpenElement[];
  text: string;
}

const DEEPEST = 16;
/** Ten thousand parts with three elements each and blanks in between are 90,000. */
const MOST_TOKENS = 300_000;
const NAME = '[A-Za-z_][\\w.-]*(?::[A-Za-z_][\\w.-]*)?';
const ATTRIBUTE = `\\s+${NAME}\\s*=\\s*(?:"[^"<]*"|'[^'<]*')`;
/** One of: text, a comment, CDATA, the end of an element, the beginning of one. */
const TOKEN = new RegExp(
  [
    '([^<]+)',
    '<!--[^]*?-->',
    '<!\\[CDATA\\[([^]*?)\\]\\]>',
    `</(${NAME})\\s*>`,
    `<(${NAME})(?:${ATTRIBUTE}){0,16}\\s*(/?)>`,
  ].join('|'),
  'y',
);

function open(name: string): OpenElement {
  return { name: name.slice(name.indexOf(':') + 1), children: [], text: '' };
}

function close(path: OpenElement[], name: string): void {
  const element = path.pop();
  if (element?.name !== name.slice(name.indexOf(':') + 1)) throw malformed();
}

/** Numbers stand for any character but NUL: keys with control characters can be named in no other way. */
function readWords(words: string): string {
  const text = words.replace(/\r\n?/g, '\n').replace(/&[^;&]*;?/g, decodeKnown);
  if (/\0|\p{Cs}/u.test(text)) throw malformed();
  return text;
}

function decodeKnown(entity: string): string {
  const text = decodeEntities(entity);
  if (text === entity) throw malformed();
  return text;
}
