import type { ServerResponse } from 'node:http';

/** What was asked is done, and the answer never arrives. */
export function lose(response: ServerResponse): void {
  response.writeHead = (() => response) as typeof response.writeHead;
  response.end = (() => {
    response.destroy();
    return response;
  }) as typeof response.end;
}
