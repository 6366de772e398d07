import { writeFile } from 'node:fs/promises';
import { resolve } from 'node:path';
import { AgentError } from '../../../src/lib/errors.ts';
import type { Json, JsonObject } from '../../../src/lib/json.ts';
import type { CommandCall, CommandOffering, PluginCommand } from '../../../src/plugin/contract.ts';
import { createDeps } from '../deps.ts';
import { elsewhere, notReady, vanished } from '../failures.ts';
import { locate, NOW_MS, requireOurs } from '../locate.ts';
import { type SecretRefs, secretRefs } from '../secret-refs.ts';
import type { Settings } from '../settings.ts';
import { OUTPUT_FORMS, type OutputForm, type Outputs, renderOutputs } from './render-outputs.ts';

/** `agent civo outputs RESOURCE --as FORM`. */
export const outputsCommand: PluginCommand<Settings> = {
  name: 'civo outputs',
  summary: 'Shows how clients connect to the store of a resource',
  description:
    'Prints the settings of a client for the store of a resource: environment lines, a Kubernetes Secret, or a profile of rclone, aws or s3cmd. In place of the keys stands where they are, unless --reveal is given, which writes to a terminal or, with --output, into a file that only its owner can read.',
  options: [
    { name: 'as', placeholder: 'FORM', help: 'what for', required: true, choices: OUTPUT_FORMS },
    { name: 'reveal', help: 'with the keys' },
    { name: 'output', placeholder: 'FILE', help: 'write into a new file, mode 0600', complete: 'file' },
    { name: 'offering', placeholder: 'NAME', help: 'offering of the resource', complete: 'offering' },
  ],
  positionals: [{ name: 'RESOURCE', help: 'UUID or name of the resource' }],
  examples: [
    'agent civo outputs my-bucket --as env',
    'agent civo outputs my-bucket --as k8s --reveal --output secret.yaml',
  ],
  json: false,
  run,
};

async function run(call: CommandCall<Settings>): Promise<number> {
  const [reference = ''] = call.positionals;
  // One of the choices: the parser lets nothing else through.
  const form = (call.values.get('as') ?? 'env') as OutputForm;
  const output = call.values.get('output');
  const isRevealed = call.flags.has('reveal');
  if (isRevealed && output === undefined && !call.stdout.isTTY) throw notATerminal();
  const offering = await call.offering();
  try {
    const { outputs, refs } = await read(offering, reference, call.signal);
    const text = renderOutputs(form, isRevealed ? outputs : { ...outputs, ...refs });
    if (output === undefined) call.stdout.write(text);
    else await write(resolve(call.cwd, output), text);
  } finally {
    await offering.close();
  }
  return 0;
}

interface Read {
  readonly outputs: Outputs;
  /** Where Waldur keeps the keys; the agent's own copy is at Civo. */
  readonly refs: SecretRefs;
}

async function read(offering: CommandOffering<Settings>, reference: string, signal: AbortSignal): Promise<Read> {
  const { uuid, backendId, metadata } = await offering.resource(reference, signal);
  const deps = createDeps(offering.context);
  try {
    const sought = { account: backendId, resource: uuid };
    const located = await locate(deps, await deps.inventory.read(NOW_MS, signal), sought, signal);
    if (located === 'elsewhere') throw elsewhere(backendId, deps.settings.region);
    const { store } = located;
    if (store === undefined) throw vanished(backendId);
    const { keys } = requireOurs(backendId, uuid, located.credential);
    if (store.status !== 'ready') throw notReady(store);
    const outputs = { bucket: store.bucket, endpoint: store.endpoint, region: deps.settings.region, ...keys };
    return { outputs, refs: refsIn(metadata) ?? secretRefs(deps.common) };
  } finally {
    deps.client.close();
  }
}

/** As the agent wrote them into Waldur, with the UUID of an API key. */
function refsIn({
  access_key_secret_ref: accessKey,
  secret_key_secret_ref: secretKey,
}: JsonObject): SecretRefs | undefined {
  return isRef(accessKey) && isRef(secretKey) ? { accessKey, secretKey } : undefined;
}

function isRef(value: Json | undefined): value is string {
  return typeof value === 'string' && /^[\w.-]{1,100}$/.test(value);
}

/** Never over a file that is there: its mode, and who reads it, are those of another party. */
async function write(path: string, text: string): Promise<void> {
  try {
    await writeFile(path, text, { mode: 0o600, flag: 'wx' });
  } catch (cause) {
    throw new AgentError(`${path} could not be written`, {
      code: 'CIVO_OUTPUT',
      disposition: 'operator',
      hint: 'The file must not exist yet, and its directory must.',
      cause,
    });
  }
}

function notATerminal(): AgentError {
  return new AgentError('keys are shown on a terminal only', {
    code: 'CIVO_NO_TERMINAL',
    disposition: 'operator',
    hint: 'Use --output FILE, which makes a file that only its owner can read.',
  });
}
