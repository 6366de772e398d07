import { stringify } from 'yaml';
import { buildOfferingBlock } from '../../admin/offering-body.ts';
import { createOffering, type NewOffering, previewOffering } from '../../admin/offering-create.ts';
import type { WaldurConfig } from '../../config/types.ts';
import type { Plugin } from '../../plugin/contract.ts';
import { connect } from '../connect.ts';
import { EXIT, type ExitCode } from '../exit-codes.ts';
import { type Io, writeJson } from '../io.ts';
import { loadConfiguration, loadPlugins } from '../load.ts';
import type { Invocation } from '../parse.ts';
import { requirePlugin } from '../require-plugin.ts';
import { selectOfferings } from '../select-offerings.ts';
import { usageError } from '../usage-error.ts';

export async function run(invocation: Invocation, io: Io): Promise<ExitCode> {
  const { server, plugin } = await findTarget(invocation, io);
  const request = readRequest(invocation);
  if (invocation.flags.has('dry-run')) {
    writeJson(io.stdout, previewOffering(request, plugin));
    return EXIT.ok;
  }
  if (server === undefined) throw usageError('no Waldur to create it on', SERVER_HINT);
  const waldur = connect(invocation, io).waldur(server);
  try {
    const uuid = await createOffering(request, plugin, waldur, io.signal);
    const block = buildOfferingBlock({ name: request.name, uuid, apiUrl: server.apiUrl }, plugin);
    if (invocation.flags.has('json')) writeJson(io.stdout, { version: 1, uuid, offering: block });
    else io.stdout.write(stringify({ offerings: [block] }));
    io.stderr.write(`offering ${uuid} is active; its prices are the backend's examples: set yours in the portal\n`);
  } finally {
    waldur.close();
  }
  return EXIT.ok;
}

const SERVER_HINT = 'set WALDUR_API_URL and WALDUR_API_TOKEN, or name an offering of the configuration with --like';

interface Target {
  readonly server: WaldurConfig | undefined;
  readonly plugin: Plugin;
}

/** The environment says where and `--backend` what; what they leave open an offering of the file does. */
async function findTarget(invocation: Invocation, io: Io): Promise<Target> {
  const server = serverFromEnv(io);
  const id = invocation.values.get('backend');
  const dry = invocation.flags.has('dry-run');
  if (id !== undefined && !invocation.values.has('like') && (server !== undefined || dry)) {
    return { server, plugin: requirePlugin(await loadPlugins(invocation, io), id) };
  }
  const config = await loadConfiguration(invocation, io);
  const [like] = selectOfferings(config.offerings, invocation.values.get('like'));
  if (like === undefined) throw usageError('no backend to create it for', 'name one with --backend');
  return {
    server: server ?? like.waldur,
    plugin: id === undefined ? like.plugin : requirePlugin(await loadPlugins(invocation, io), id),
  };
}

function serverFromEnv(io: Io): WaldurConfig | undefined {
  const url = io.env['WALDUR_API_URL'];
  const token = io.env['WALDUR_API_TOKEN'];
  if (url === undefined || url === '' || token === undefined || token === '') return undefined;
  if (!/^https?:\/\//.test(url) || !URL.canParse(url)) throw usageError('WALDUR_API_URL is not an http(s) URL');
  io.secrets.add(token);
  return {
    apiUrl: url.endsWith('/') ? url : `${url}/`,
    credentials: { kind: 'token', token },
    verifySsl: true,
    ca: undefined,
    proxy: undefined,
  };
}

function readRequest({ values }: Invocation): NewOffering {
  return {
    name: values.get('name') ?? '',
    planName: values.get('plan') ?? 'Standard',
    category: values.get('category') ?? '',
    customer: values.get('customer') ?? '',
  };
}
