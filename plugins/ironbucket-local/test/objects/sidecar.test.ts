import fc from 'fast-check';
import { expect, it } from 'vitest';
import { formatSidecar, parseSidecar, type Sidecar } from '../../objects/sidecar.ts';

/** Among them the mark that stands before numbers while a sidecar is read. */
const text = fc.oneof(fc.string({ unit: 'binary' }), fc.constant('\uf8ffn5'), fc.constant('1\n2'));
const texts = fc.dictionary(text, text);
const sidecar: fc.Arbitrary<Sidecar> = fc.record(
  {
    key: text,
    size: fc.maxSafeNat(),
    etag: fc.string().map((name) => name.replaceAll('"', '')),
    modified: fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('9999-12-31') }),
    encrypted: fc.constant(false),
    contentType: text,
    metadata: texts,
    cacheControl: text,
    expires: text,
    checksums: texts,
    partSizes: fc.array(fc.tuple(fc.maxSafeNat(), fc.integer({ min: 1, max: 10_000 })), { minLength: 1 }),
  },
  { requiredKeys: ['key', 'size', 'etag', 'modified', 'encrypted', 'contentType', 'metadata'] },
);

it('a sidecar is JSON, and read as it was written, whatever a client says', () => {
  fc.assert(
    fc.property(sidecar, (written) => {
      const formatted = formatSidecar(written);
      expect(JSON.parse(formatted)).toMatchObject({ key: written.key, size: written.size, tags: {} });
      expect(parseSidecar(formatted)).toMatchObject(written);
    }),
  );
});
