import { isJsonObject, type Json } from '../../src/lib/json.ts';
import type { Documents } from '../../src/plugin/contract.ts';

/** What was done for a resource: Civo does not say when a store was made, nor which name was asked for. */
export interface Birth {
  readonly createdAt: Date;
  /** The name the store should have; missing before the store was asked for. */
  readonly ordered?: string;
  /** The name that was asked for last; another one when that was taken by a ghost. Missing before the first try. */
  readonly name?: string;
  /** Id of the store; missing until Civo said it. */
  readonly store?: string;
  /** Milliseconds until it was ready; missing until then. */
  readonly readyAfterMs?: number;
}

/** A name that is taken by a store that is not visible. */
export interface Ghost {
  readonly name: string;
  readonly resource: string;
  readonly since: Date;
}

/** Correct when empty: everything in it can be found out again or done without. */
export interface Records {
  get(resource: string): Promise<Birth | undefined>;
  put(resource: string, birth: Birth): Promise<void>;
  delete(resource: string): Promise<void>;
  addGhost(ghost: Ghost): Promise<void>;
  ghosts(): Promise<readonly Ghost[]>;
}

/** Civo frees names within days; a name that is free already does no harm here. */
const GHOST_MS = 30 * 86_400_000;

export function createRecords(documents: Documents): Records {
  return {
    get: async (resource) => read(await documents.get(`stores/${resource}`)),
    put: async (resource, { createdAt, ...birth }) => {
      await documents.put(`stores/${resource}`, { ...birth, createdAt: createdAt.toISOString() });
    },
    delete: (resource) => documents.delete(`stores/${resource}`),
    addGhost: async ({ name, resource, since }) => {
      const expiresAt = new Date(since.getTime() + GHOST_MS);
      await documents.put(`ghosts/${name}`, { resource, since: since.toISOString() }, { expiresAt });
    },
    ghosts: async () => {
      const found = await documents.list('ghosts/');
      return found.flatMap(({ key, value }) => {
        const { since, resource } = isJsonObject(value) ? value : {};
        if (typeof since !== 'string' || typeof resource !== 'string') return [];
        return [{ name: key.slice('ghosts/'.length), resource, since: new Date(since) }];
      });
    },
  };
}

function read(value: Json | undefined): Birth | undefined {
  if (!isJsonObject(value)) return undefined;
  const { ordered, name, store, createdAt, readyAfterMs } = value;
  const began = new Date(typeof createdAt === 'string' ? createdAt : Number.NaN);
  if (Number.isNaN(began.getTime())) return undefined;
  return {
    createdAt: began,
    ...(typeof ordered === 'string' && { ordered }),
    ...(typeof name === 'string' && { name }),
    ...(typeof store === 'string' && { store }),
    ...(typeof readyAfterMs === 'number' && { readyAfterMs }),
  };
}
