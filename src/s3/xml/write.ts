import { encodeStrictly } from '../sigv4.ts';
import { escapeXml } from './text.ts';

export const S3_NAMESPACE = 'http://s3.amazonaws.com/doc/2006-03-01/';

export const DECLARATION = '<?xml version="1.0" encoding="UTF-8"?>\n';

/** Text that is XML already. */
export interface Markup {
  readonly xml: string;
}

export type Content = string | number | bigint | boolean | readonly (Markup | undefined)[];

/** Text is escaped; of a list, what is undefined is left out. Names come from code, never from clients. */
export function element(name: string, content: Content, namespace?: string): Markup {
  const inner =
    typeof content === 'object' ? content.map((part) => part?.xml ?? '').join('') : textXml(String(content));
  return { xml: `<${name}${namespace === undefined ? '' : ` xmlns="${namespace}"`}>${inner}</${name}>` };
}

export function render(root: Markup): string {
  return DECLARATION + root.xml;
}

/**
 * A key or prefix in a listing. With `encoding-type=url` every key can be written; without it, what XML 1.0 cannot
 * hold is replaced, so that one odd key does not make the whole listing unreadable.
 */
export function encodeKey(key: string, encoding: 'url' | undefined): string {
  return encoding === 'url' ? key.split('/').map(encodeStrictly).join('/') : key;
}

/** Nothing in it has to be escaped or replaced. */
const PLAIN = /^[ !#-%(-;=?-~]*$/;

export function textXml(text: string): string {
  if (PLAIN.test(text)) return text;
  return escapeXml(text.replace(/[\p{Cs}\ufffe\uffff]|(?![\t\n\r\x7f-\x9f])\p{Cc}/gu, '\ufffd'));
}
