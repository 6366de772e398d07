import { stringify } from 'yaml';
import type { JsonObject } from '../lib/json.ts';
import type { Plugin } from '../plugin/contract.ts';
import { buildOfferingBlock, exampleSettings } from './offering-body.ts';

export interface NewConfig {
  readonly name: string;
  readonly apiUrl: string;
  /** UUID of the offering in Waldur. */
  readonly uuid: string;
  readonly plugin: Plugin;
  /** Those settings of the backend that are not secret. */
  readonly settings: Readonly<Record<string, string>>;
}

/** A setting of a backend that a configuration cannot do without. */
export interface NeededSetting {
  readonly name: string;
  readonly secret: boolean;
  readonly description: string;
}

/** Returns the settings without which a configuration of the backend is not valid. */
export function neededSettings(plugin: Plugin): readonly NeededSetting[] {
  const schemas = plugin.settings['properties'] as Readonly<Record<string, JsonObject>> | undefined;
  return Object.keys(exampleSettings(plugin)).map((name) => ({
    name,
    secret: schemas?.[name]?.['x-secret'] === true,
    description: textOf(schemas?.[name]?.['description']),
  }));
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : '';
}

/** Returns the text of a configuration file with one offering; every secret in it is a reference to a credential. */
export function renderNewConfig({ name, apiUrl, uuid, plugin, settings }: NewConfig): string {
  const block = buildOfferingBlock({ name, apiUrl, uuid }, plugin);
  const backendSettings = Object.fromEntries(
    neededSettings(plugin).map(({ name: setting, secret }) => [
      setting,
      secret ? reference(credentialName(plugin, setting)) : settings[setting],
    ]),
  );
  const offering = {
    ...block,
    waldur_api_token: reference(TOKEN),
    backend_settings: { ...backendSettings, ...settings },
  };
  return `${HEAD}${stringify({ offerings: [offering] }, { lineWidth: 0 })}`;
}

/** Returns the names of the files, beside the configuration, that must hold the secrets. */
export function credentialsOf(plugin: Plugin): readonly string[] {
  const secrets = neededSettings(plugin).filter(({ secret }) => secret);
  return [TOKEN, ...secrets.map(({ name }) => credentialName(plugin, name))];
}

const TOKEN = 'waldur-token';
const HEAD = `# yaml-language-server: $schema=./config.schema.json
#
# Every key and its default: agent schema --man | man -l -
# Secrets are files beside this one, mode 0600: \${credential:waldur-token} is ./waldur-token.
`;

function credentialName({ id }: Plugin, setting: string): string {
  return `${id}-${setting.replaceAll('_', '-')}`;
}

function reference(credential: string): string {
  return `\${credential:${credential}}`;
}
