/** Contents of every element of this name, in order; elements of one name are never nested in what S3 answers. */
export function blocks(xml: string, name: string): readonly string[] {
  return [...xml.matchAll(new RegExp(`<${name}(?:\\s[^>]*)?>([\\s\\S]*?)</${name}>`, 'g'))].map(
    ([, text = '']) => text,
  );
}

/** Text of the first element of this name; empty when there is none. */
export function textOf(xml: string, name: string): string {
  return (blocks(xml, name)[0] ?? '').replace(/&(?:#(\d+)|#x([0-9a-fA-F]+)|(\w+));/g, decodeEntity);
}

export function escapeXml(text: string): string {
  return text.replace(/[&<>"'\t\n\r]/g, (char) => `&#${char.charCodeAt(0)};`);
}

/** Control characters cannot be written in XML, not even as numbers. */
export function isXmlText(text: string): boolean {
  return !/[\p{Cs}\ufffe\uffff]|(?![\t\n\r])\p{Cc}/u.test(text);
}

const ENTITIES: Readonly<Record<string, string>> = { lt: '<', gt: '>', amp: '&', quot: '"', apos: "'" };

function decodeEntity(entity: string, decimal?: string, hex?: string, name?: string): string {
  if (name !== undefined) return ENTITIES[name] ?? entity;
  const code = decimal === undefined ? Number.parseInt(hex ?? '', 16) : Number.parseInt(decimal, 10);
  return code <= 0x10ffff ? String.fromCodePoint(code) : entity;
}
