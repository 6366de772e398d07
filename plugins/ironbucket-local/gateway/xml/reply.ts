import { type Content, element, type Markup, render, S3_NAMESPACE } from '../../../../src/s3/xml/write.ts';
import type { Reply } from '../call.ts';

/** 200 with a document of S3. */
export function xmlReply(name: string, content: Content, headers: Readonly<Record<string, string>> = {}): Reply {
  return { status: 200, headers, body: render(element(name, content, S3_NAMESPACE)) };
}

/** An owner is the account, which has the name of its bucket. */
export function ownerElement(id: string, name = 'Owner'): Markup {
  return element(name, [element('ID', id), element('DisplayName', id)]);
}

export function maybe(name: string, text: string | undefined): Markup | undefined {
  return text === undefined || text === '' ? undefined : element(name, text);
}
