import type { Clock } from '../../../src/lib/clock.ts';
import { DECLARATION } from '../../../src/s3/xml/write.ts';
import type { Reply } from './call.ts';

/** Clients give up after a minute in which nothing comes, and proxies may sooner. */
const PATIENCE_MS = 10_000;

/**
 * What S3 does while an answer is not there yet: it begins with 200, and blanks come in front of the document until it is
 * known. Clients of these operations look into the document before they believe the 200. `work` must not reject: a
 * failure is a document, too.
 */
export async function keepWaiting(clock: Clock, work: Promise<Reply>): Promise<Reply> {
  const soon = await withinPatience(clock, work);
  if (soon !== undefined) return soon;
  const headers = { 'content-type': 'application/xml' };
  const close = async (): Promise<void> => undefined;
  return { status: 200, headers, body: { length: undefined, chunks: blanksBefore(clock, work), close } };
}

async function* blanksBefore(clock: Clock, work: Promise<Reply>): AsyncGenerator<Buffer> {
  // Nothing may stand in front of it.
  yield Buffer.from(DECLARATION);
  for (;;) {
    const reply = await withinPatience(clock, work);
    if (reply !== undefined) return yield documentOf(reply);
    yield Buffer.from(' ');
  }
}

function documentOf({ body }: Reply): Buffer {
  return Buffer.from(typeof body === 'string' ? body.slice(DECLARATION.length) : '');
}

function withinPatience(clock: Clock, work: Promise<Reply>): Promise<Reply | undefined> {
  return new Promise((resolve) => {
    const cancel = clock.after(PATIENCE_MS, () => resolve(undefined));
    void work.then((reply) => {
      cancel();
      resolve(reply);
    });
  });
}
