import { loadBuiltins } from '../../src/plugin/registry.ts';

/** All built-in plugins. */
export const builtinPlugins = await loadBuiltins();
