import { S3Error } from '../../../../src/s3/s3-error.ts';
import { sha256 } from '../../../../src/s3/sigv4.ts';
import { isSameSignature } from '../../../../src/s3/verify/signature.ts';
import type { ChunkSigner } from '../../../../src/s3/verify/types.ts';

/** The headers behind the last chunk. */
export interface Trailers {
  /** One line, with its end. @throws S3Error `MalformedTrailerError` */
  take(line: string): void;
  /** @param previous the signature of the last chunk. @throws S3Error when one is missing or the signature is wrong */
  end(previous: string): ReadonlyMap<string, string>;
}

export function createTrailers(announced: readonly string[], signer: ChunkSigner | undefined): Trailers {
  const expected = announced.length > 0 && signer !== undefined ? [...announced, SIGNATURE] : announced;
  const found = new Map<string, string>();
  let lines = 0;
  return {
    take: (line) => {
      if (++lines > MOST_LINES) throw malformed();
      // Some clients put an empty line in front of the signature, and some end their lines without a carriage return.
      if (/^\r?\n$/.test(line)) return;
      const [, name = '', value] = /^([a-z0-9-]+):[ \t]*([!-~]*)[ \t]*\r?\n$/i.exec(line) ?? [];
      const key = name.toLowerCase();
      if (value === undefined || !expected.includes(key) || found.has(key)) throw malformed();
      found.set(key, value);
    },
    end: (previous) => {
      if (found.size < expected.length) throw malformed();
      const given = found.get(SIGNATURE);
      found.delete(SIGNATURE);
      const canonical = [...found].map(([name, value]) => `${name}:${value}\n`).join('');
      if (given !== undefined && !isSameSignature(signer?.trailer(previous, sha256(canonical)) ?? '', given)) {
        throw new S3Error('SignatureDoesNotMatch');
      }
      return found;
    },
  };
}

const SIGNATURE = 'x-amz-trailer-signature';
const MOST_LINES = 16;

function malformed(): S3Error {
  return new S3Error('MalformedTrailerError');
}
