import { loadFixture } from '../../src/sandbox/fixture.ts';
import { startSandbox } from '../../src/sandbox/sandbox.ts';
import { addResources } from './lib/population.ts';
import type { SandboxProcessOptions } from './lib/sandbox-process.ts';

/** The program behind `sandbox-process.ts`: options as JSON in the first argument, its address as the first line. */
const { latencyMs = 0, resources = 0 } = JSON.parse(process.argv[2] ?? '{}') as SandboxProcessOptions;
const sandbox = await startSandbox({
  latencyMs,
  journalSize: 200_000,
  fixture: (site) => {
    loadFixture(site);
    addResources(site, resources);
  },
});
console.log(JSON.stringify({ url: sandbox.url, port: sandbox.port }));
// Ends with the benchmark, however that ends.
process.stdin.on('end', () => process.exit()).resume();
