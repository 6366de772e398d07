import { once } from 'node:events';
import type { Transferable, Worker } from 'node:worker_threads';
import type { ThreadStart } from './calls.ts';
import { type Answers, type Calls, connectPeer, type Peer } from './peer.ts';

/** A thread that the agent started. */
export interface Thread<C extends Calls> {
  readonly peer: Peer<C>;
  /** Resolves when it is over, with the error that ended it. */
  readonly ended: Promise<Error | undefined>;
  /** As if it had crashed, at whatever it was doing. */
  terminate(): void;
}

/** `moved` are those objects of `data` that go to the thread. */
export type StartThread = (data: ThreadStart, moved: readonly Transferable[]) => Worker;

export function openThread<C extends Calls, A extends Calls>(worker: Worker, answers: Answers<A>): Thread<C> {
  let reason: Error | undefined;
  worker.once('error', (error) => {
    reason = error;
  });
  const ended = once(worker, 'exit').then(
    () => reason,
    () => reason,
  );
  return { peer: connectPeer<C, A>(worker, answers), ended, terminate: () => void worker.terminate() };
}
