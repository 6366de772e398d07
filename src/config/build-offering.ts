import { toUuid } from '../lib/ids.ts';
import { isJsonObject } from '../lib/json.ts';
import { isLoopbackUrl } from '../lib/loopback.ts';
import type { Plugin } from '../plugin/contract.ts';
import { namingProblem } from '../plugin/naming.ts';
import { COMMON_SETTINGS } from '../plugin/schema.ts';
import { buildComponents } from './build-components.ts';
import { checkBackendNames } from './check-backend-names.ts';
import { checkMetering, isSampled } from './check-metering.ts';
import { checkUnit } from './check-unit.ts';
import { type Problem, pointer } from './diagnostic.ts';
import type { RawConfig, RawOffering, RawSettings } from './raw.ts';
import { readCa } from './read-ca.ts';
import { IGNORED_IN_SETTINGS } from './reference-keys.ts';
import type { SubstituteDeps } from './substitute.ts';
import type { OfferingConfig, WaldurCredentials } from './types.ts';
import { readApiUrl, stompUrl } from './url.ts';

export interface BuildOfferingInput {
  readonly raw: RawOffering;
  /** Pointer of the offering. */
  readonly path: string;
  readonly agent: Pick<RawConfig, 'approval' | 'policy' | 'global_proxy' | 'state'>;
  readonly plugin: Plugin;
  readonly readFile: SubstituteDeps['readFile'];
  /** The file that the value at a pointer was read from. */
  readonly secretFile: (path: string) => string | undefined;
}

export interface BuiltOffering {
  /** Undefined when a problem is an error that leaves nothing to build. */
  readonly offering: OfferingConfig | undefined;
  readonly problems: readonly Problem[];
}

const GB = 1_000_000_000n;
const HEARTBEAT_MS = 10_000;
const CONNECT_TIMEOUT_MS = 10_000;

/** From data that is valid under the schema to what the agent works with; finds what a schema cannot say. */
export function buildOffering(input: BuildOfferingInput): BuiltOffering {
  const { raw, path, plugin, agent } = input;
  const api = readApiUrl(raw.waldur_api_url);
  const credentials = readCredentials(raw, input.secretFile(pointer(path, 'waldur_api_token')));
  const ca = readCa(raw.ca_file, pointer(path, 'ca_file'), input.readFile);
  const built = buildComponents(raw.backend_components, plugin, pointer(path, 'backend_components'));
  const settings = pluginSettings(raw.backend_settings);
  const problems = [
    ...checkUrl(raw, api, path),
    ...checkCredentials(raw, credentials, path),
    ...ca.problems,
    ...checkStomp(raw, credentials, path),
    ...checkBackendNames(raw, plugin, path),
    ...checkMetering({ raw, plugin, path }, settings, agent.state !== undefined),
    ...checkNaming(plugin, settings, path),
    ...checkSettings(input, settings),
    ...built.problems,
    ...checkUnits(raw, plugin, path),
    ...(built.components.length === 0 ? [nothingToDo(path)] : []),
  ];
  const uuid = toUuid(raw.waldur_offering_uuid);
  if (uuid === undefined || credentials === undefined) return { offering: undefined, problems };
  const { on_terminate, metering, credentials: publishedAs } = raw.backend_settings;
  const offering: OfferingConfig = {
    name: raw.name,
    uuid,
    waldur: {
      apiUrl: api.url,
      credentials,
      verifySsl: raw.verify_ssl,
      ca: ca.text,
      proxy: (raw.proxy ?? agent.global_proxy) || undefined,
    },
    stomp: {
      enabled: raw.stomp_enabled,
      url: stompUrl(raw),
      heartbeatMs: HEARTBEAT_MS,
      connectTimeoutMs: CONNECT_TIMEOUT_MS,
    },
    plugin,
    settings,
    backendLimits: { concurrency: raw.backend_concurrency, perSecond: raw.backend_rate },
    backendCapacity: raw.backend_capacity_gb === undefined ? undefined : BigInt(raw.backend_capacity_gb) * GB,
    components: built.components,
    approval: raw.approval ?? agent.approval,
    policy: raw.policy ?? agent.policy,
    onTerminate: on_terminate,
    metering,
    isSampled: isSampled(plugin, metering, settings),
    credentials: publishedAs,
    allowDecrease: raw.allow_decrease ?? metering === 'current',
  };
  return { offering, problems };
}

/** What a schema cannot say about those parts of an offering that satisfy it, when others do not. */
export function checkSoundParts(
  { raw, path, plugin }: Pick<BuildOfferingInput, 'raw' | 'path' | 'plugin'>,
  broken: (path: string) => boolean,
): readonly Problem[] {
  const isSound = (key: keyof RawOffering): boolean => raw[key] !== undefined && !broken(pointer(path, key));
  const problems: Problem[] = [];
  if (isSound('waldur_api_url')) problems.push(...checkUrl(raw, readApiUrl(raw.waldur_api_url), path));
  if (isSound('backend_settings')) {
    const settings = pluginSettings(raw.backend_settings);
    problems.push(...checkNaming(plugin, settings, path), ...checkSettings({ raw, path, plugin }, settings));
  }
  const at = pointer(path, 'backend_components');
  const components = isJsonObject(raw.backend_components) ? Object.entries(raw.backend_components) : [];
  const sound = components.filter(([type]) => !broken(pointer(at, type)));
  problems.push(...buildComponents(Object.fromEntries(sound), plugin, at).problems);
  return problems;
}

const NOT_FOR_PLUGINS: readonly string[] = [...COMMON_SETTINGS, ...Object.keys(IGNORED_IN_SETTINGS)];

function pluginSettings(raw: RawSettings): Readonly<Record<string, unknown>> {
  return Object.fromEntries(Object.entries(raw).filter(([key]) => !NOT_FOR_PLUGINS.includes(key)));
}

/** As the reference agent: a token wins over OIDC. */
function readCredentials(raw: RawOffering, file: string | undefined): WaldurCredentials | undefined {
  const token = raw.waldur_api_token?.trim();
  if (token) return { kind: raw.waldur_api_token_type, token, ...(file === undefined ? {} : { file }) };
  const { oidc_token_url: tokenUrl, oidc_client_id: clientId, oidc_client_secret: clientSecret } = raw;
  if (tokenUrl === undefined || clientId === undefined || clientSecret === undefined) return undefined;
  return { kind: 'oidc', tokenUrl, clientId, clientSecret, scope: raw.oidc_scope };
}

function checkCredentials(
  raw: RawOffering,
  credentials: WaldurCredentials | undefined,
  path: string,
): readonly Problem[] {
  const oidc = [raw.oidc_token_url, raw.oidc_client_id, raw.oidc_client_secret];
  if (credentials === undefined && oidc.some((value) => value !== undefined)) {
    const message = 'oidc_token_url, oidc_client_id and oidc_client_secret must be set together';
    return [{ severity: 'error', path, message }];
  }
  if (credentials === undefined) {
    const at = pointer(path, 'waldur_api_token');
    const hint = `waldur_api_token: \${file:/path}, or oidc_token_url, oidc_client_id and oidc_client_secret`;
    return [{ severity: 'error', path: at, message: 'there is no credential for Waldur', hint }];
  }
  if (credentials.kind === 'oidc' || oidc.every((value) => value === undefined)) return [];
  const at = pointer(path, 'waldur_api_token');
  return [{ severity: 'warning', path: at, atKey: true, message: 'the token is used, and the OIDC settings are not' }];
}

function checkUrl(raw: RawOffering, api: ReturnType<typeof readApiUrl>, path: string): readonly Problem[] {
  const at = pointer(path, 'waldur_api_url');
  const problems: Problem[] = [];
  const { username, password } = new URL(raw.waldur_api_url);
  if (username !== '' || password !== '') {
    problems.push({ severity: 'error', path: at, message: '"waldur_api_url" must not hold a user name or password' });
    return problems;
  }
  if (api.completed) {
    problems.push({
      severity: 'warning',
      path: at,
      message: `"waldur_api_url" does not end in /api/: using ${api.url}`,
    });
  }
  if (api.url.startsWith('http:') && !isLoopbackUrl(api.url)) {
    const message = 'the token crosses the network unencrypted';
    problems.push({ severity: 'warning', path: at, message, hint: 'use https' });
  }
  return problems;
}

function checkStomp(raw: RawOffering, credentials: WaldurCredentials | undefined, path: string): readonly Problem[] {
  if (!raw.stomp_enabled) return [];
  const problems: Problem[] = [];
  const warn = (key: string, message: string, hint?: string): void => {
    problems.push({ severity: 'warning', path: pointer(path, key), message, hint });
  };
  if (raw.websocket_use_tls === false && raw.waldur_api_url.startsWith('https:')) {
    warn('websocket_use_tls', `the token crosses the network unencrypted, to ${stompUrl(raw)}`, 'remove this line');
  }
  if (credentials?.kind === 'oidc') {
    warn('stomp_enabled', 'the broker takes no OIDC token: orders are found by polling', 'use waldur_api_token');
  }
  return problems;
}

function checkNaming(plugin: Plugin, settings: unknown, path: string): readonly Problem[] {
  const message = namingProblem(plugin.naming(settings));
  if (message === undefined) return [];
  return [{ severity: 'error', path: pointer(path, 'backend_settings'), atKey: true, message }];
}

function checkSettings(
  { raw, plugin, path }: Pick<BuildOfferingInput, 'raw' | 'plugin' | 'path'>,
  settings: unknown,
): readonly Problem[] {
  const { on_terminate: onTerminate, metering, credentials } = raw.backend_settings;
  const at = pointer(path, 'backend_settings');
  return (plugin.problems?.(settings, { onTerminate, metering, credentials }) ?? []).map(
    ({ setting, message, hint }) => {
      const isThere = setting in raw.backend_settings;
      return { severity: 'error', path: isThere ? pointer(at, setting) : at, atKey: true, message, hint };
    },
  );
}

function checkUnits(raw: RawOffering, plugin: Plugin, path: string): readonly Problem[] {
  const at = pointer(path, 'backend_components');
  return Object.entries(raw.backend_components).flatMap(([type, component]) =>
    checkUnit(type, component, plugin, raw.backend_settings.metering, pointer(at, type)),
  );
}

function nothingToDo(path: string): Problem {
  const message = 'without backend_components nothing is limited and no usage is reported';
  return { severity: 'warning', path, message };
}
