import type { Document, Documents } from '../../src/plugin/contract.ts';

const PAGE = 1000;

/** Every document below the prefix, in the order of keys. */
export async function listAll(store: Documents, prefix: string): Promise<readonly Document[]> {
  const all: Document[] = [];
  let after: string | undefined;
  for (;;) {
    const page = await store.list(prefix, after === undefined ? {} : { after });
    all.push(...page);
    after = page.at(-1)?.key;
    if (page.length < PAGE) return all;
  }
}
