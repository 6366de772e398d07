import type { Perform } from './perform.ts';

/**
 * The same as `perform`, begun in the next turn of the event loop for all requests that came in this one, which then do
 * each step together. One after the other, what reads a request and what writes its files would push each other out of the
 * caches of the processor: a small put takes half as long again so.
 *
 * @param nextTurn calls once in the next turn
 */
export function inStep(perform: Perform, nextTurn: (begin: () => void) => unknown = setImmediate): Perform {
  let turn: Promise<void> | undefined;
  return async (allowed) => {
    turn ??= new Promise((resolve) => {
      nextTurn(() => {
        turn = undefined;
        resolve();
      });
    });
    await turn;
    return perform(allowed);
  };
}
