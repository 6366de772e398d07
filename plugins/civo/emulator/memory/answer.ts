import { element, type Markup, render, S3_NAMESPACE } from '../../../../src/s3/index.ts';

/** What goes back to an S3 client. */
export interface S3Answer {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: Buffer | string;
}

export const DONE: S3Answer = { status: 200 };
export const GONE: S3Answer = { status: 204 };

export function xml(name: string, content: readonly (Markup | undefined)[]): S3Answer {
  return { status: 200, body: render(element(name, content, S3_NAMESPACE)) };
}
