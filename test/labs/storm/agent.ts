import { readFileSync } from 'node:fs';
import { loadConfig } from '../../../src/config/load.ts';
import { compose } from '../../../src/daemon/compose.ts';
import { createSecrets } from '../../../src/lib/secrets.ts';
import { builtinPlugins } from '../../fakes/builtin-plugins.ts';
import { fastClock, patientWithBroker } from '../../fakes/fast.ts';
import type { Order, Report, StormAgentOptions } from './agent-process.ts';
import { onBadDisk } from './faults.ts';

/** The program behind `agent-process.ts`: an agent whose waits pass faster, with a disk that is bad until it is told. */
const { file, speed, seed, rate } = JSON.parse(process.argv[2] ?? '') as StormAgentOptions;
const secrets = createSecrets();
let isBad = rate > 0;
const messages: Record<string, number> = {};

const plugins = builtinPlugins.map((plugin) =>
  plugin.id === 'ironbucket-local' ? onBadDisk(plugin, seed, rate, () => isBad) : plugin,
);
const readFile = (path: string): { text: string; mode: number } => ({ text: readFileSync(path, 'utf8'), mode: 0o600 });
const { config, diagnostics } = loadConfig({ ...readFile(file), file, env: {}, readFile, plugins, secrets });
if (config === undefined) throw new Error(JSON.stringify(diagnostics));

const agent = compose(patientWithBroker(config, speed), {
  clock: fastClock(speed),
  random: Math.random,
  secrets,
  version: '0.0.0',
  revision: 'storm',
  env: {},
  write: (line, level) => {
    if (level === 'debug' || level === 'trace') return;
    const { msg = '', err } = JSON.parse(line) as { msg?: string; err?: { code?: string; stack?: string } };
    // A bug that the storm did not plant is for people.
    if (err?.code === 'BUG' && err.stack?.includes('is not a function') !== true) process.stderr.write(`${line}\n`);
    const name = err?.code === undefined ? msg : `${msg}: ${err.code}`;
    messages[name] = (messages[name] ?? 0) + 1;
  },
  state: () => 'running',
});
const port = await agent.start();
const say = (report: Report): void => void process.send?.(report);

process.on('message', (order: Order) => {
  switch (order) {
    case 'heal':
      isBad = false;
      return;
    case 'weigh': {
      globalThis.gc?.();
      globalThis.gc?.();
      const { heapUsed, rss } = process.memoryUsage();
      const handles = process.getActiveResourcesInfo().filter((name) => name !== 'Timeout').length;
      return say({ kind: 'weight', heapMb: heapUsed / 1024 ** 2, rssMb: rss / 1024 ** 2, handles, messages });
    }
    case 'stop':
      void agent
        .drain()
        .then(() => agent.close())
        .then(() => process.disconnect());
  }
});
say({ kind: 'ready', port });
