import { readFile } from 'node:fs/promises';
import type { Http, HttpOptions } from '../../src/lib/http.ts';
import { createLazyHttp } from '../../src/lib/lazy-http.ts';
import type { PluginContext } from '../../src/plugin/contract.ts';
import { caUnreadable } from './errors.ts';
import type { Settings } from './settings.ts';

/** Listings of ten thousands of users are long. */
const LONGEST_ANSWER = 256 * 1024 * 1024;

/** HTTP with what all peers have in common; the CA file is read with the first request. */
export function connect(
  { http, settings, log }: PluginContext<Settings>,
  options: Pick<HttpOptions, 'baseUrl' | 'peer' | 'headers' | 'explain'>,
): Http {
  return createLazyHttp(async () => {
    const ca = settings.ca_file === undefined ? undefined : await readCa(settings.ca_file);
    const timeoutMs = settings.timeout * 1000;
    return http({
      ...options,
      ca,
      timeoutMs,
      verifySsl: settings.verify_ssl,
      maxAnswerBytes: LONGEST_ANSWER,
      // Never the URL: it may hold a secret key.
      observe: ({ operation, status, seconds }) => {
        log.debug({ peer: options.peer, operation, status, ms: Math.round(seconds * 1000) }, 'request answered');
      },
    });
  });
}

async function readCa(path: string): Promise<string> {
  try {
    return await readFile(path, 'utf8');
  } catch (error) {
    throw caUnreadable(path, error);
  }
}
