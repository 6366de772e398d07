import { badSegment } from './errors.ts';

/** What an HTTP client leaves as it is in a path: `DELETE …/keys/..` would delete the user. */
export function isSegment(text: string): boolean {
  return /^(?!\.{1,2}$)[A-Za-z0-9._$-]{1,255}$/.test(text);
}

/** @throws AgentError terminal `CROIT_S3_BAD_NAME` for what must not become part of a URL. */
export function segment(what: string, text: string): string {
  if (!isSegment(text)) throw badSegment(what, text);
  return encodeURIComponent(text);
}
