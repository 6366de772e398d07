import { parentPort, workerData } from 'node:worker_threads';
import { createPerform } from '../gateway/perform.ts';
import { serveStorage } from '../serve-storage.ts';
import type { AgentCalls, StorageCalls, StorageStart } from './calls.ts';
import { connectPeer, type Peer } from './peer.ts';
import { serveRequests } from './serve-requests.ts';
import { createStorageAnswers } from './storage-answers.ts';
import { threadDeps } from './thread-deps.ts';

/** The program of a thread that stores: the objects, quotas and statistics of its own buckets, and nothing of the others. */
if (parentPort === null) throw new Error('this is the program of a thread');
const port = parentPort;
const { gateway, ...start } = workerData as StorageStart;
const stopping = new AbortController();

const storage = createStorageAnswers(() => deps);
const agent: Peer<AgentCalls> = connectPeer<AgentCalls, StorageCalls>(port, {
  ...storage.answers,
  stop: async () => stopping.abort(),
});
const deps = threadDeps(agent, start);
// Before anything is served.
await Promise.all(start.closed.map(storage.closeBucket));
serveRequests(gateway, createPerform(deps), deps.log);
await serveStorage(deps, stopping.signal);
await deps.quotas.close();
await deps.trash.close();
gateway.close();
port.close();
