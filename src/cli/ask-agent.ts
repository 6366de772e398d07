import { get } from 'node:http';
import { fileError } from '../config/file-error.ts';
import { findListen } from '../config/find-listen.ts';
import type { Io } from './io.ts';
import { configFile } from './load.ts';
import type { Invocation } from './parse.ts';

/** What the running agent says of itself. */
export interface Answer {
  readonly ready: boolean;
  /** The page, or why there is none. */
  readonly text: string;
  /** Undefined when it is not the page of an agent. */
  readonly probes: readonly ShownProbe[] | undefined;
}

export interface ShownProbe {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly hindrances: readonly ShownHindrance[];
}

export interface ShownHindrance {
  readonly ability: string;
  readonly code: string;
  readonly message: string;
  readonly hint: string | undefined;
  readonly since: string;
}

/** Asks the agent on this machine for `/readyz`. Only its address is taken from the configuration, which may be wrong otherwise. */
export async function askAgent(invocation: Invocation, io: Io): Promise<Answer> {
  const file = configFile(invocation.values.get('config'), io);
  let text: string;
  try {
    text = io.readFile(file).text;
  } catch (error) {
    return none(`the configuration ${file} cannot be read: ${fileError(error).reason}`);
  }
  const address = findListen(text, io.env);
  if (address === undefined) return none(`${file} does not say where the agent listens`);
  return askReadiness(address.host, address.port);
}

/** What `/readyz` of the agent at this address says; no agent at all is not ready. */
export function askReadiness(host: string, port: number): Promise<Answer> {
  const options = { host: reachable(host), port, path: '/readyz', timeout: TIMEOUT_MS };
  return new Promise((resolve) => {
    const request = get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text = (text + chunk).slice(0, LONGEST_ANSWER);
      });
      response.on('end', () =>
        resolve({ ready: response.statusCode === 200, text: text.trim(), probes: readProbes(text) }),
      );
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', (error) => resolve(none(`no agent at ${options.host}:${port}: ${error.message}`)));
  });
}

/** Shorter than the health check of a container may take. */
const TIMEOUT_MS = 4_000;
const LONGEST_ANSWER = 1_000_000;

function none(text: string): Answer {
  return { ready: false, text, probes: undefined };
}

/** An agent that listens everywhere also listens on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}

type Loose<T> = { readonly [K in keyof T]?: unknown };

function readProbes(text: string): readonly ShownProbe[] | undefined {
  try {
    const page = JSON.parse(text) as { readonly probes?: readonly Loose<ShownProbe>[] } | null;
    return page?.probes?.map(({ name, ok, detail, hindrances }) => ({
      name: String(name),
      ok: ok === true,
      detail: String(detail),
      hindrances: Array.isArray(hindrances) ? (hindrances as Loose<ShownHindrance>[]).map(readHindrance) : [],
    }));
  } catch {
    return undefined;
  }
}

function readHindrance({ ability, code, message, hint, since }: Loose<ShownHindrance>): ShownHindrance {
  return {
    ability: String(ability),
    code: String(code),
    message: String(message),
    hint: typeof hint === 'string' ? hint : undefined,
    since: String(since),
  };
}
