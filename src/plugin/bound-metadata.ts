import type { Log } from '../lib/log.ts';
import type { Backend, Observed } from './contract.ts';

/** Waldur sends the metadata of a hundred resources in one page. */
const MOST_BYTES = 65_536;

/** Leaves out metadata of more than 64 KiB, and says so: Waldur keeps what it was told last, and all else of the account counts. */
export function boundMetadata(backend: Backend, log: Log): Backend {
  return { ...backend, observe: (accounts, signal) => bounded(backend.observe(accounts, signal), log) };
}

async function* bounded(stream: AsyncIterable<Observed>, log: Log): AsyncGenerator<Observed> {
  for await (const observed of stream) {
    const bytes = observed.state === 'found' ? Buffer.byteLength(JSON.stringify(observed.metadata)) : 0;
    if (bytes <= MOST_BYTES) {
      yield observed;
      continue;
    }
    const { account } = observed;
    log.warn(
      { account, bytes, most: MOST_BYTES },
      'the metadata of the account is too large and is not sent to Waldur',
    );
    yield { ...observed, metadata: {} } as Observed;
  }
}
