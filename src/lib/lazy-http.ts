import type { Http } from './http.ts';

/** Opens with the first request, such as for a CA that is read from a file; after a failure the next request tries again. */
export function createLazyHttp(open: () => Promise<Http>): Http {
  let opening: Promise<Http> | undefined;
  return {
    request: async (request, signal) => {
      signal.throwIfAborted();
      opening ??= open();
      const opened = await opening.catch((error: unknown) => {
        opening = undefined;
        throw error;
      });
      return opened.request(request, signal);
    },
    close: () => void opening?.then((opened) => opened.close()).catch(() => undefined),
  };
}
