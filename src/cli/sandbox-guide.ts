import { stringify } from 'yaml';
import { buildOfferingBlock } from '../admin/offering-body.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import type { Emulated, Plugin } from '../plugin/contract.ts';
import { FIXTURE } from '../sandbox/fixture.ts';
import type { SandboxLogin } from '../sandbox/login/login-server.ts';
import { OPERATORS } from '../sandbox/login/people.ts';
import type { Sandbox } from '../sandbox/sandbox.ts';
import type { Style } from './style.ts';

/** Everything needed to try the agent with a sandbox. Its tokens are made up and public. */
export interface SandboxGuide {
  readonly url: string;
  readonly wsUrl: string;
  readonly tokens: Readonly<Record<'agent' | 'consumer' | 'staff', string>>;
  readonly offerings: readonly { readonly uuid: string; readonly name: string; readonly type: string }[];
  /** A configuration of the agent for the first offering. */
  readonly configuration: JsonObject;
  readonly calls: readonly Call[];
  /** About what runs beside it: the emulator of the backend, the login server. */
  readonly notes: readonly string[];
}

/** What a consumer sends, in the order of a resource's life. */
export interface Call {
  readonly title: string;
  /** Relative to the URL of the API; `RESOURCE` stands for a UUID of an answer before. */
  readonly path: string;
  readonly body: Json | undefined;
}

export function sandboxGuide(
  sandbox: Sandbox,
  plugin: Plugin,
  emulated?: Emulated,
  login?: SandboxLogin,
): SandboxGuide {
  const { url, wsUrl, store } = sandbox;
  const token = (username: string): string => sandbox.token(username);
  return {
    url,
    wsUrl,
    tokens: { agent: token('provider-owner'), consumer: token('consumer'), staff: token('staff') },
    offerings: store.offerings.all().map(({ uuid, name, type }) => ({ uuid, name, type })),
    configuration: {
      ...webOf(login),
      offerings: [{ ...sampleOffering(sandbox, plugin), ...settingsOf(emulated) }],
    },
    calls: [
      {
        title: 'order a storage account',
        path: 'marketplace-orders/',
        body: {
          offering: `${url}marketplace-public-offerings/${FIXTURE.limit}/`,
          project: `${url}projects/${FIXTURE.project}/`,
          plan: `${url}marketplace-plans/${FIXTURE.plan}/`,
          attributes: { name: 'my-bucket', ...emulated?.order.attributes },
          limits: { storage: 10, objects: 1000, ...emulated?.order.limits },
          accepting_terms_of_service: true,
        },
      },
      { title: 'see the resources', path: 'marketplace-resources/', body: undefined },
      {
        title: 'change the limits of one',
        path: 'marketplace-resources/RESOURCE/update_limits/',
        body: { limits: { storage: emulated === undefined ? 20 : 1000, objects: 1000 } },
      },
      { title: 'terminate it', path: 'marketplace-resources/RESOURCE/terminate/', body: { attributes: {} } },
    ],
    notes: [...(emulated?.notes ?? []), ...(login === undefined ? [] : [LOGIN_NOTE])],
  };
}

export function renderGuide(guide: SandboxGuide, style: Style): string {
  const heading = (text: string): string => style.bold(text);
  const offerings = guide.offerings.map(({ uuid, name, type }) => `  ${uuid}  ${name} ${style.dim(type)}\n`);
  const tokens = Object.entries(guide.tokens).map(([user, token]) => `  ${token}  ${user}\n`);
  const calls = guide.calls.map((call) => `${style.dim(`# ${call.title}`)}\n${curl(guide, call)}\n`);
  return [
    `${heading('Waldur sandbox')}  ${guide.url}  ${style.dim(guide.wsUrl)}\n`,
    `${heading('Tokens')}\n${tokens.join('')}`,
    `${heading('Offerings')}\n${offerings.join('')}`,
    `${heading('Configuration')} ${style.dim('(save it, adjust backend_settings, then: agent run -c FILE)')}\n`,
    `${style.dim(`# export WALDUR_API_TOKEN=${guide.tokens.agent}`)}\n${stringify(guide.configuration)}`,
    `${heading('Calls of a consumer')}\n${calls.join('')}`,
    ...(guide.notes.length === 0
      ? []
      : [`${heading('Beside it')}\n${guide.notes.map((note) => `  ${note}\n`).join('')}`]),
    'Runs until Ctrl-C.\n',
  ].join('\n');
}

function curl({ url, tokens }: SandboxGuide, { path, body }: Call): string {
  const call = `curl -s -H 'Authorization: Token ${tokens.consumer}'`;
  if (body === undefined) return `${call} ${url}${path}`;
  return `${call} -H 'Content-Type: application/json' \\\n  ${url}${path} -d '${JSON.stringify(body)}'`;
}

function settingsOf(emulated: Emulated | undefined): JsonObject {
  return emulated === undefined ? {} : { backend_settings: emulated.settings };
}

const AGENT_URL = 'http://127.0.0.1:9464';
const LOGIN_NOTE = `login: ${AGENT_URL}/auth/login, as alice (a user) or charlie (an operator)`;

function webOf(login: SandboxLogin | undefined): JsonObject {
  if (login === undefined) return {};
  const { issuer, clientId } = login;
  const roles = { role_claim: 'groups', admins: [OPERATORS] };
  return { web: { public_url: AGENT_URL, login: { issuer, client_id: clientId, ...roles } } };
}

function sampleOffering({ url, store }: Sandbox, plugin: Plugin): JsonObject {
  const { name = '', components = [] } = store.offerings.get(FIXTURE.limit) ?? {};
  const template = components
    .filter(({ type }) => Object.hasOwn(plugin.components, type))
    .map((component) => ({
      type: component.type,
      name: component.name,
      measured_unit: component.measuredUnit,
      billing_type: component.billingType === 'usage' ? ('usage' as const) : ('limit' as const),
      price: '0',
    }));
  const offering = { ...plugin.offering, components: template };
  return buildOfferingBlock({ name, uuid: FIXTURE.limit, apiUrl: url }, { ...plugin, offering });
}
