import { parentPort, workerData } from 'node:worker_threads';
import type { Perform } from '../gateway/perform.ts';
import { createGateway } from '../gateway/server.ts';
import { serve, untilStopped } from '../serve.ts';
import { askStorage } from './ask-storage.ts';
import type { AgentCalls, GatewayCalls, GatewayStart, StorageCalls } from './calls.ts';
import { ownerOf } from './owner-of.ts';
import { connectPeer, type Peer, toPortable } from './peer.ts';
import { createStorageAnswers } from './storage-answers.ts';
import { threadDeps } from './thread-deps.ts';

/**
 * The program of the thread that speaks HTTP: it knows who may do what, and has it done by the thread whose bucket it is.
 * Without others it stores as well.
 */
if (parentPort === null) throw new Error('this is the program of a thread');
const port = parentPort;
const { storages, ...start } = workerData as GatewayStart;
const stopping = new AbortController();

const storage = createStorageAnswers(() => deps);
const agent: Peer<AgentCalls> = connectPeer<AgentCalls, GatewayCalls & StorageCalls>(port, {
  ...storage.answers,
  noticeAccount: ([account, before, after]) => deps.accounts.notice(account, before, after),
  stop: async () => stopping.abort(),
});
const deps = threadDeps(agent, { ...start, index: 0, count: 1 });
// Before anything is served.
await Promise.all(start.closed.map(storage.closeBucket));
const gateway = storages.length === 0 ? createGateway(deps) : createGateway(deps, async () => spread(storages));
process.once('uncaughtException', (error) => {
  // A thread that ends while Node reads a request takes the whole process with it: it ends when there is none to read.
  gateway.cutOff();
  setImmediate(() => {
    throw error;
  });
});
const served = storages.length === 0 ? serve(deps, gateway, stopping.signal) : serveOnly();
// Looked at below.
served.catch(() => undefined);
await gateway.tried();
const address = gateway.address();
if (address !== undefined) await agent.call('tried', [address]);
try {
  await served;
} catch (error) {
  await agent.call('tried', [{ failure: toPortable(error) }]);
}
await deps.quotas.close();
await deps.trash.close();
for (const other of storages) other.close();
port.close();

async function serveOnly(): Promise<void> {
  await gateway.start();
  await untilStopped(deps, gateway, stopping.signal);
}

function spread(ports: GatewayStart['storages']): Perform {
  const performs = ports.map((storage) => askStorage(storage));
  return (allowed) => {
    const perform = performs[ownerOf(allowed.bucket, performs.length)];
    if (perform === undefined) throw new Error('no thread has this bucket');
    return perform(allowed);
  };
}
