import { fork } from 'node:child_process';
import { once } from 'node:events';
import { unitFlags } from '../../bench/lib/unit-flags.ts';

export interface StormAgentOptions {
  readonly file: string;
  /** How many times faster its waits pass. */
  readonly speed: number;
  readonly seed: number;
  /** Share of the calls to the local disk that go wrong. */
  readonly rate: number;
}

export type Order = 'weigh' | 'heal' | 'stop';

export type Report =
  | { readonly kind: 'ready'; readonly port: number }
  | {
      readonly kind: 'weight';
      readonly heapMb: number;
      readonly rssMb: number;
      readonly handles: number;
      /** Log lines by message and error code. */
      readonly messages: Readonly<Record<string, number>>;
    };

export type Weight = Extract<Report, { kind: 'weight' }>;

/** An agent in a process of its own, so that its memory is its own. */
export interface StormAgent {
  /** Memory after a collection. */
  weigh(): Promise<Weight>;
  /** From now on the local disk works. */
  heal(): void;
  /** Waiting and running jobs, of all offerings. */
  busy(): Promise<number>;
  stop(): Promise<void>;
}

export async function startStormAgent(options: StormAgentOptions): Promise<StormAgent> {
  const program = 'dist/test/labs/storm/agent.js';
  const child = fork(program, [JSON.stringify(options)], {
    execArgv: [...unitFlags(), '--expose-gc'],
    serialization: 'json',
  });
  const exit = once(child, 'exit');
  const hear = async <K extends Report['kind']>(kind: K): Promise<Extract<Report, { kind: K }>> => {
    for (;;) {
      const [report] = (await Promise.race([once(child, 'message'), exit.then(() => [])])) as [Report | undefined];
      if (report === undefined) throw new Error(`the agent ended with ${String(child.exitCode)}`);
      if (report.kind === kind) return report as Extract<Report, { kind: K }>;
    }
  };
  const { port } = await hear('ready');
  return {
    weigh: () => {
      child.send('weigh' satisfies Order);
      return hear('weight');
    },
    heal: () => void child.send('heal' satisfies Order),
    busy: async () => {
      const page = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const counts = [...page.matchAll(/^waldur_agent_orders_(?:queued|in_progress)\{.*\} (\d+)$/gm)];
      return counts.reduce((sum, [, count]) => sum + Number(count), 0);
    },
    stop: async () => {
      child.send('stop' satisfies Order);
      await exit;
    },
  };
}
