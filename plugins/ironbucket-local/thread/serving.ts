import { randomBytes } from 'node:crypto';
import { parentPort, workerData } from 'node:worker_threads';
import { systemClock } from '../../../src/lib/clock.ts';
import type { AskNode } from '../cluster/ask-node.ts';
import { createDeps, type GatewayContext, type Storage } from '../deps.ts';
import { directDisk } from '../direct-disk.ts';
import { createGateway } from '../gateway/server.ts';
import { directFiles } from '../objects/direct-files.ts';
import { createPace } from '../objects/pace.ts';
import { serve } from '../serve.ts';
import type { Settings } from '../settings.ts';
import type { AgentCalls, ServingCalls, Start } from './calls.ts';
import { connectPeer, type Peer, toPortable } from './peer.ts';
import { portLog } from './port-log.ts';

/** The program of the thread that serves S3: the gateway with its quotas, and nothing of the rest of the agent. */
if (parentPort === null) throw new Error('this is the program of a thread');
const port = parentPort;
const { settings, closed, nodes } = workerData as Start;
const stopping = new AbortController();
const reopen = new Map<string, () => void>();

const agent: Peer<AgentCalls> = connectPeer<AgentCalls, ServingCalls>(port, {
  readQuota: ([account]) => deps.quotas.read(account),
  setLimit: ([account, maxBytes], signal) => deps.quotas.setLimit(account, maxBytes, signal),
  measure: ([account], signal) => deps.quotas.measure(account, signal),
  forgetQuota: ([account]) => deps.quotas.forget(account),
  forgetStatistics: ([account]) => deps.statistics.forget(account),
  readStatistics: ([account, month], signal) => deps.statistics.read(account, month, signal),
  closeBucket: ([account]) => closeBucket(account),
  openBucket: async ([account]) => {
    reopen.get(account)?.();
    reopen.delete(account);
  },
  noticeAccount: ([account, before, after]) => deps.accounts.notice(account, before, after),
  stop: async () => stopping.abort(),
});

const context: GatewayContext = {
  settings,
  log: portLog(agent),
  clock: systemClock,
  random: (bytes) => randomBytes(bytes),
};
const deps = createDeps(context, { ...storageOf(settings), others: nodes.map(otherNode) });
const gateway = createGateway(deps);
// Before anything is served.
const shut = closed.map(closeBucket);
const served = serve(deps, gateway, stopping.signal);
// Looked at below.
served.catch(() => undefined);
await Promise.all(shut);
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
port.close();

/** Without the thread pool, unless every effect must be on the disk, which takes long. */
function storageOf({ fsync }: Settings): Storage {
  return fsync ? {} : { disk: directDisk, files: directFiles(createPace(systemClock)) };
}

/** Resolves when it is closed; it stays so until it is opened. */
function closeBucket(account: string): Promise<void> {
  return new Promise((resolve) => {
    void deps.objects.close(account, () => {
      resolve();
      return new Promise<void>((open) => reopen.set(account, open));
    });
  });
}

function otherNode(name: string): AskNode {
  const ask: AskNode['ask'] = (bucket, month, signal) => agent.call('askNode', [name, bucket, month], signal);
  return { name, ask, close: () => undefined };
}
