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
  const request = readRequest(invocation, plugin);
  if (invocation.flags.has('dry-run')) {
    writeJson(io.stdout, previewOffering(request, plugin));
    return EXIT.ok;
  }
  if (server === undefined) throw usageError('no Waldur to create it on', SERVER_HINT);
  const waldur = connect(invocation, io).waldur(server);
  try {
    const publish = (): Promise<boolean> => mayPublish(invocation, io, request.name);
    const { uuid, state } = await createOffering(request, plugin, waldur, publish, io.signal);
    const block = buildOfferingBlock({ name: request.name, uuid, apiUrl: server.apiUrl }, plugin);
    if (invocation.flags.has('json')) writeJson(io.stdout, { version: 1, uuid, state, offering: block });
    else io.stdout.write(stringify({ offerings: [block] }));
    io.stderr.write(`offering ${uuid} ${CONCLUSIONS[state]}\n`);
    const examples = plugin.offering.components.filter(({ type }) => !(type in request.prices));
    if (state !== 'existing' && examples.length > 0)
      io.stderr.write(
        `prices of ${examples.map(({ type }) => type).join(', ')} are examples: set yours with --price\n`,
      );
  } finally {
    waldur.close();
  }
  return EXIT.ok;
}

const CONCLUSIONS = {
  active: 'is on sale',
  draft: 'is a draft; run the command again to put it on sale (with --yes where there is no terminal)',
  'needs-staff': 'is a draft: ask staff of this Waldur to activate it (owners may not)',
  existing: 'was there already and was not changed',
} as const;

/** Without a terminal only `--yes` publishes: what is on sale can be ordered at once, at the prices it has. */
async function mayPublish({ flags }: Invocation, io: Io, name: string): Promise<boolean> {
  if (flags.has('draft')) return false;
  return flags.has('yes') || (await io.confirm(`Put ${JSON.stringify(name)} on sale?`)) === true;
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

function readRequest({ values }: Invocation, plugin: Plugin): NewOffering {
  return {
    name: values.get('name') ?? '',
    planName: values.get('plan') ?? 'Standard',
    category: values.get('category') ?? '',
    customer: values.get('customer') ?? '',
    prices: readPrices(values.get('price'), plugin),
  };
}

/** `component=amount`, with commas between them. */
function readPrices(text: string | undefined, { offering }: Plugin): Readonly<Record<string, string>> {
  const known = offering.components.map(({ type }) => type);
  const pairs = (text ?? '').split(',').filter((pair) => pair.trim() !== '');
  const prices = pairs.map((pair): [string, string] => {
    const [, type = '', amount = ''] = /^\s*([^=\s]+)\s*=\s*(\d{1,12}(?:\.\d{1,10})?)\s*$/.exec(pair) ?? [];
    if (amount === '') throw usageError(`--price: ${JSON.stringify(pair)} is not component=amount`, PRICE_HINT);
    if (!known.includes(type)) throw usageError(`--price: no component ${type}`, `there are ${known.join(', ')}`);
    return [type, amount];
  });
  return Object.fromEntries(prices);
}

const PRICE_HINT = 'for example --price s3_storage=0.02,s3_objects=0';
