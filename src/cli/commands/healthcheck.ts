import { get } from 'node:http';
import { toAgentError } from '../../lib/errors.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { printable, type Style } from '../style.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { ready, text } = await ask(invocation, io);
  const probes = readProbes(text);
  if (invocation.flags.has('json')) writeJson(io.stdout, { version: 1, ready, ...(probes ?? { error: text }) });
  else io.stdout.write(probes === undefined ? `${printable(text)}\n` : renderProbes(probes, io.stdout.style));
  return ready ? EXIT.ok : EXIT.failed;
}

interface Probes {
  readonly probes: readonly { readonly name: string; readonly ok: boolean; readonly detail: string }[];
}

/** Undefined when it is not the page of an agent that answered. */
function readProbes(text: string): Probes | undefined {
  try {
    const page = JSON.parse(text) as Partial<Probes> | null;
    const probes = page?.probes?.map(({ name, ok, detail }) => ({ name: String(name), ok, detail: String(detail) }));
    return probes && { probes };
  } catch {
    return undefined;
  }
}

function renderProbes({ probes }: Probes, style: Style): string {
  const lines = probes.map(({ name, ok, detail }) => {
    const mark = ok ? style.green(style.glyphs.ok) : style.red(style.glyphs.failed);
    return `${mark} ${printable(name)}: ${printable(detail)}\n`;
  });
  return lines.join('');
}

/** Containers know 0 and 1 only, so a wrong configuration is just as little ready. */
async function ask(invocation: Invocation, io: Io): Promise<Readiness> {
  try {
    const { http } = await loadConfiguration(invocation, io);
    return await askReadiness(http.host, http.port);
  } catch (error) {
    return { ready: false, text: toAgentError(error).message };
  }
}

export interface Readiness {
  readonly ready: boolean;
  readonly text: string;
}

/** What `/readyz` of the agent at this address says; no agent at all is not ready. */
export function askReadiness(host: string, port: number): Promise<Readiness> {
  const options = { host: reachable(host), port, path: '/readyz', timeout: TIMEOUT_MS };
  return new Promise((resolve) => {
    const request = get(options, (response) => {
      let text = '';
      response.setEncoding('utf8');
      response.on('data', (chunk: string) => {
        text = (text + chunk).slice(0, LONGEST_ANSWER);
      });
      response.on('end', () => resolve({ ready: response.statusCode === 200, text: text.trim() }));
    });
    request.on('timeout', () => request.destroy(new Error(`no answer within ${TIMEOUT_MS} ms`)));
    request.on('error', (error) =>
      resolve({ ready: false, text: `no agent at ${options.host}:${port}: ${error.message}` }),
    );
  });
}

/** Shorter than the health check of a container may take. */
const TIMEOUT_MS = 4_000;
const LONGEST_ANSWER = 100_000;

/** An agent that listens everywhere also listens on loopback. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1';
  return host === '::' ? '::1' : host;
}
