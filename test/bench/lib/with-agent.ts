import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { FIXTURE } from '../../../src/sandbox/fixture.ts';
import { siteYaml } from '../../fakes/site.ts';
import { type AgentProcess, startAgentProcess } from './agent-process.ts';
import { addBuckets } from './population.ts';
import type { SandboxProcess } from './sandbox-process.ts';
import { withScratch } from './scratch.ts';

export interface AgentOptions {
  /** Resources that the storage has from the start. */
  readonly buckets?: number;
  /** Keeps what it must remember in a file. */
  readonly state?: boolean;
  /** Lines of YAML at the top of its configuration. */
  readonly agent?: string;
  /** Another build than this one. */
  readonly program?: string;
}

/** Runs an agent over a directory for as long as `work` takes. */
export function withAgent<T>(
  sandbox: SandboxProcess,
  { buckets = 0, state = false, agent: lines = '', program }: AgentOptions,
  work: (agent: AgentProcess) => Promise<T>,
): Promise<T> {
  return withScratch(async (folder) => {
    const storage = join(folder, 'storage');
    mkdirSync(storage);
    if (buckets > 0) await addBuckets(storage, buckets);
    const top = state ? `state: ${join(folder, 'agent.db')}\n${lines}` : lines;
    const yaml = siteYaml(sandbox, storage, FIXTURE.limit, { agent: top });
    const agent = await startAgentProcess(yaml, folder, program === undefined ? {} : { program });
    try {
      return await work(agent);
    } finally {
      await agent.stop();
    }
  });
}
