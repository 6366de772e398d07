import type { Ajv } from 'ajv';

/** Formats that schemas may use beside those of JSON Schema's own keywords. */
const FORMATS: Readonly<Record<string, (text: string) => boolean>> = {
  uri: isHttpUrl,
  'listen-address': isListenAddress,
};

/** Teaches a validator the formats of the core's schema and of plugins' schemas. */
export function addFormats(ajv: Ajv): void {
  for (const [name, check] of Object.entries(FORMATS)) ajv.addFormat(name, check);
}

/** Whether the text has the named format; an unknown format accepts every text. */
export function hasFormat(name: string, text: string): boolean {
  return FORMATS[name]?.(text) ?? true;
}

/** Whether the text is an `http://` or `https://` URL with a host. */
function isHttpUrl(text: string): boolean {
  return /^https?:\/\/[^\s/]/i.test(text) && URL.canParse(text);
}

/** Whether the text is `host:port` or `[IPv6]:port` with a port up to 65535; port 0 means any free one. */
function isListenAddress(text: string): boolean {
  const port = /^(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9_.-]+):([0-9]{1,5})$/.exec(text)?.[1];
  return port !== undefined && Number(port) <= 65_535;
}
