import { readFile } from 'node:fs/promises';
import type { Http, HttpOptions } from '../../src/lib/http.ts';
import { createLazyHttp } from '../../src/lib/lazy-http.ts';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { createS3, type S3 } from '../../src/s3/index.ts';
import { caUnreadable } from './errors.ts';
import { type Admin, createAdmin } from './madmin/admin.ts';
import { createDeriver, type Deriver } from './madmin/deriver.ts';
import { adminKeys, endpointOf, isEncrypted, type Settings } from './settings.ts';

/** The two ways to the server, with the keys of the admin user. */
export interface Client {
  readonly admin: Admin;
  readonly s3: S3;
  /** How many keys were derived, for the figures of the bench. */
  readonly deriver: Deriver;
  close(): Promise<void>;
}

/** Listings of ten thousands of buckets are long. */
const LONGEST_ANSWER = 256 * 1024 * 1024;

/** Connects to nothing yet. */
export function createClient(context: PluginContext<Settings>, deriver = createDeriver(context.clock)): Client {
  const { settings, clock } = context;
  const endpoint = endpointOf(settings);
  const connect = (options: Connecting): Http => lazily(context, options);
  const keys = adminKeys(settings);
  const now = (): Date => clock.now();
  const admin = createAdmin({
    connect,
    endpoint,
    prefix: settings.admin_prefix,
    encrypted: isEncrypted(settings),
    keys,
    deriver,
    now,
    random: (bytes) => context.random(bytes),
  });
  const s3 = createS3({ connect, endpoint, region: settings.region, keys, now });
  return {
    admin,
    s3,
    deriver,
    close: async () => {
      admin.close();
      s3.close();
      await deriver.close();
    },
  };
}

type Connecting = Pick<HttpOptions, 'baseUrl' | 'peer' | 'headers' | 'explain'>;

/** The CA file is read with the first request. */
function lazily({ http, settings, log }: PluginContext<Settings>, options: Connecting): Http {
  return createLazyHttp(async () =>
    http({
      ...options,
      ca: await readCa(settings.ca_file),
      timeoutMs: settings.timeout * 1000,
      verifySsl: settings.verify_ssl,
      maxAnswerBytes: LONGEST_ANSWER,
      observe: ({ operation, status, seconds }) => {
        log.debug({ peer: options.peer, operation, status, ms: Math.round(seconds * 1000) }, 'request answered');
      },
    }),
  );
}

export async function readCa(path: string | undefined): Promise<string | undefined> {
  if (path === undefined) return undefined;
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw caUnreadable(path, error);
  }
}
