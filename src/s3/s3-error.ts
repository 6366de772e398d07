import { S3_CODES, type S3Code } from './s3-codes.ts';
import { element, render } from './xml/write.ts';

export interface S3ErrorOptions {
  /** In place of the message of the code. Goes to the client: no secret, no path of this machine. */
  readonly message?: string | undefined;
  /** Further elements of the answer, such as `Region` or `ArgumentName`. */
  readonly fields?: Readonly<Record<string, string>> | undefined;
  /** Headers of the answer. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly cause?: unknown;
}

/** A request that is refused, in the words of S3. What the client gets is all in here. */
export class S3Error extends Error {
  override readonly name = 'S3Error';
  readonly code: S3Code;
  readonly status: number;
  readonly fields: Readonly<Record<string, string>>;
  readonly headers: Readonly<Record<string, string>>;

  constructor(code: S3Code, { message, fields = {}, headers = {}, cause }: S3ErrorOptions = {}) {
    super(message ?? S3_CODES[code][1], cause === undefined ? undefined : { cause });
    this.code = code;
    this.status = S3_CODES[code][0];
    this.fields = fields;
    this.headers = headers;
  }
}

/** The body of the answer, `application/xml`. `resource` is the path of the request. */
export function renderS3Error(error: S3Error, resource: string, requestId: string): string {
  const fields = Object.entries(error.fields).map(([name, value]) => element(name, value));
  return render(
    element('Error', [
      element('Code', error.code),
      element('Message', error.message),
      ...fields,
      element('Resource', resource),
      element('RequestId', requestId),
    ]),
  );
}
