import { testAccounts } from './conformance/accounts.ts';
import { testKeys } from './conformance/keys.ts';
import { testLimits } from './conformance/limits.ts';
import { testLives } from './conformance/lives.ts';
import { type ConformanceOptions, createSuite, type Runner } from './conformance/suite.ts';
import { testTexts } from './conformance/texts.ts';
import { testUsage } from './conformance/usage.ts';

export type { ConformanceOptions, Runner } from './conformance/suite.ts';
export type { Lab } from './conformance/world.ts';
export { createMemoryDocuments } from './memory-documents.ts';

/** The tests every plugin passes: what the agent relies on, and nothing about how a backend does it. */
export function conformance<Settings>(runner: Runner, options: ConformanceOptions<Settings>): void {
  const suite = createSuite(runner, options);
  runner.describe(`${options.plugin.id} conforms to the plugin contract`, () => {
    testTexts(runner, options);
    testAccounts(suite);
    testLimits(suite);
    testKeys(suite);
    testUsage(suite);
    testLives(suite);
  });
}
