import { once } from 'node:events';
import { createFiles, type FilesDeps } from './files.ts';
import type { Quotas } from './quotas.ts';
import type { Reservation } from './reservation.ts';

const FREE: Reservation = {
  stage: () => undefined,
  grow: () => undefined,
  fit: () => undefined,
  commit: () => undefined,
  keep: () => undefined,
  release: () => undefined,
};

/** Limits are kept and handed out, and nothing is enforced or counted. */
export function openUncounted(deps: FilesDeps): Quotas {
  const files = createFiles(deps);
  return {
    ...files,
    forget: async (account) => files.forget(account),
    reserve: async () => FREE,
    state: async () => undefined,
    wake: async () => undefined,
    serve: async (signal) => {
      if (!signal.aborted) await once(signal, 'abort');
    },
    close: async () => undefined,
  };
}
