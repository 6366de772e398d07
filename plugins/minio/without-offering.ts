import type { Log } from '../../src/lib/log.ts';
import type { Documents } from '../../src/plugin/contract.ts';

/** For commands that run with nothing but an environment: what they do is printed, and nothing outlives them. */
export const noDocuments: Documents = {
  isDurable: false,
  get: async () => undefined,
  put: async () => undefined,
  delete: async () => undefined,
  list: async () => [],
  batch: async () => undefined,
};

const nothing = (): void => undefined;
export const silentLog: Log = {
  debug: nothing,
  info: nothing,
  warn: nothing,
  error: nothing,
  child: () => silentLog,
};
