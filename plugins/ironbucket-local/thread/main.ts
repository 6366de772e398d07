import { once } from 'node:events';
import { parentPort, workerData } from 'node:worker_threads';
import { inStep } from '../gateway/in-step.ts';
import { createPerform, type Perform } from '../gateway/perform.ts';
import { createGateway, type Gateway } from '../gateway/server.ts';
import { serveStorage } from '../serve-storage.ts';
import { askStorage } from './ask-storage.ts';
import { batched } from './batched.ts';
import type { AgentCalls, ThreadCalls, ThreadStart } from './calls.ts';
import { ownerOf } from './owner-of.ts';
import { connectPeer, type Peer, toPortable } from './peer.ts';
import { readShared } from './read-shared.ts';
import { serveRequests } from './serve-requests.ts';
import { createSharedBuckets } from './shared-buckets.ts';
import { createStorageAnswers } from './storage-answers.ts';
import { threadDeps } from './thread-deps.ts';
import { createViews } from './views.ts';

/**
 * The program of a thread. One that takes connections knows who may do what, and has it done by the thread whose bucket it
 * is; one that stores has objects, quotas and statistics of its own buckets, and nothing of the others. One can do both.
 */
if (parentPort === null) throw new Error('this is the program of a thread');
const port = parentPort;
const start = workerData as ThreadStart;
const { listeners, index, storages, askers } = start;
const [finishing, stopping] = [new AbortController(), new AbortController()];

const storage = createStorageAnswers(() => deps);
let answered = Promise.resolve();
const agent: Peer<AgentCalls> = connectPeer<AgentCalls, ThreadCalls>(port, {
  ...storage.answers,
  noticeAccount: ([account, before, after]) => deps.accounts.notice(account, before, after),
  finish: async () => {
    finishing.abort();
    await answered;
  },
  stop: async () => stopping.abort(),
});
const shared = createSharedBuckets();
const deps = threadDeps(agent, start, shared);
// Before anything is served.
await Promise.all(start.closed.map(storage.closeBucket));
const own = inStep(createPerform(deps));
for (const asker of askers) serveRequests(batched(asker), { perform: own, share, log: deps.log });
const gateway = listeners === 0 ? undefined : createGateway(deps, { openPerform: async () => spread(), listeners });
if (gateway === undefined || (await listens(gateway))) {
  if (gateway !== undefined) answered = answer(gateway);
  const stored = index < 0 ? aborted(stopping.signal) : serveStorage(deps, stopping.signal);
  await Promise.all([answered, stored]);
}
await deps.quotas.close();
await deps.trash.close();
for (const other of [...storages, ...askers]) other?.close();
port.close();

/** Tells the agent. */
async function listens(opened: Gateway): Promise<boolean> {
  process.once('uncaughtException', (error) => {
    // A thread that ends while Node reads a request takes the whole process with it: it ends when there is none to read.
    opened.cutOff();
    setImmediate(() => {
      throw error;
    });
  });
  try {
    await opened.start();
  } catch (error) {
    await agent.call('tried', [{ failure: toPortable(error) }]);
    return false;
  }
  const address = opened.address();
  if (address !== undefined) await agent.call('tried', [address]);
  return true;
}

/** Resolves when the last request was answered. */
async function answer(opened: Gateway): Promise<void> {
  await aborted(finishing.signal);
  await opened.stop();
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (!signal.aborted) await once(signal, 'abort');
}

async function share(bucket: string): Promise<SharedArrayBuffer> {
  const memory = shared.share(bucket);
  await deps.quotas.state(bucket, stopping.signal);
  return memory;
}

/** Each request by the thread whose bucket it is about, if this one cannot do it itself. */
function spread(): Perform {
  const views = createViews();
  const performs = storages.map((other) => {
    if (other === undefined) return own;
    return readShared(deps, views, askStorage(batched(other), { files: deps.files, views }));
  });
  return (allowed) => {
    const perform = performs[ownerOf(allowed.bucket, performs.length)];
    if (perform === undefined) throw new Error('no thread has this bucket');
    return perform(allowed);
  };
}
