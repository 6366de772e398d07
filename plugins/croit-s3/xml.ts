import { decodeEntities } from '../../src/lib/xml.ts';

/** Contents of every element of this name, in order; elements of one name are never nested in what S3 answers. */
export function blocks(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(
    ([, text = '']) => text,
  );
}

/** Text of the first element of this name; empty when there is none. */
export function textOf(xml: string, name: string): string {
  return decodeEntities(blocks(xml, name)[0] ?? '');
}
