import { isJsonObject, type Json, type JsonObject } from '../lib/json.ts';
import type { BackendComponent, OfferingTemplate, OptionTemplate, Plugin } from '../plugin/contract.ts';
import { settingsValidator } from '../plugin/schema.ts';
import { attributeFields } from './attribute-fields.ts';

export interface OfferingRequest {
  readonly name: string;
  readonly planName: string;
  /** Absolute URLs, as Waldur wants references. */
  readonly categoryUrl: string;
  readonly customerUrl: string;
}

/** The body of `POST marketplace-provider-offerings/` for an offering this agent can serve. */
export function buildOfferingBody(request: OfferingRequest, plugin: Plugin): JsonObject {
  const template = plugin.offering;
  return {
    name: request.name,
    // The only type whose orders an agent may work on: others answer 405.
    type: 'Marketplace.Slurm',
    customer: request.customerUrl,
    category: request.categoryUrl,
    shared: true,
    billable: true,
    components: template.components.map(({ price: _price, ...component }) => component),
    plans: [{ name: request.planName, unit: 'month', unit_price: '0' }],
    options: buildOptions({ ...attributeFields(plugin.attributes).options, ...template.options }),
    resource_options: buildResourceOptions(plugin),
    plugin_options: buildPluginOptions(template),
  };
}

/** Of every plan, by component; set after the creation, which takes none. */
export function buildPrices(template: OfferingTemplate): JsonObject {
  return Object.fromEntries(template.components.map(({ type, price }) => [type, price]));
}

/** What consumers may change later. */
export function buildResourceOptions({ attributes, offering }: Plugin): JsonObject {
  return buildOptions({ ...attributeFields(attributes).resourceOptions, ...offering.resource_options });
}

/** Waldur's form: the fields, and their order. */
function buildOptions(options: Readonly<Record<string, OptionTemplate>>): JsonObject {
  const fields = Object.entries(options).map(([name, option]): [string, Json] => [name, { ...option }]);
  return { order: fields.map(([name]) => name), options: Object.fromEntries(fields) };
}

/** Changes of options must become orders, and orders must wait for the agent; the rest is the plugin's. */
export function buildPluginOptions(template: OfferingTemplate): JsonObject {
  return { create_orders_on_resource_option_change: true, disable_autoapprove: true, ...template.plugin_options };
}

export interface OfferingBlock {
  readonly name: string;
  readonly uuid: string;
  readonly apiUrl: string;
}

/** The entry of `offerings` in the configuration that serves the new offering; required settings have examples. */
export function buildOfferingBlock(block: OfferingBlock, plugin: Plugin): JsonObject {
  return {
    name: block.name,
    waldur_api_url: block.apiUrl,
    waldur_api_token: '${env:WALDUR_API_TOKEN}',
    waldur_offering_uuid: block.uuid,
    stomp_enabled: true,
    backend_type: plugin.id,
    backend_settings: exampleSettings(plugin),
    backend_components: Object.fromEntries(
      plugin.offering.components.map((component) => [component.type, componentBlock(component, plugin.components)]),
    ),
  };
}

/** The settings a configuration of the plugin cannot do without: what its schema requires, and what it misses itself. */
export function exampleSettings(plugin: Plugin): JsonObject {
  const { required, properties } = plugin.settings;
  const schemas: JsonObject = isJsonObject(properties) ? properties : {};
  const names = Array.isArray(required) ? required.filter((name) => typeof name === 'string') : [];
  const examples = Object.fromEntries(names.map((name) => [name, example(name, schemas[name])]));
  const complete = { ...examples };
  settingsValidator().compile(plugin.settings)(complete);
  const metering = plugin.metering[0] ?? 'current';
  const missed = plugin.problems?.(complete, { onTerminate: 'refuse', metering, credentials: 'metadata' }) ?? [];
  for (const { setting } of missed) {
    if (setting in schemas && !(setting in complete)) examples[setting] = example(setting, schemas[setting]);
  }
  return examples;
}

function componentBlock(
  component: OfferingTemplate['components'][number],
  known: Readonly<Record<string, BackendComponent>>,
): JsonObject {
  const backendName = Object.keys(known).find((name) => component.type === name || component.type.endsWith(`_${name}`));
  const measure = backendName === undefined ? undefined : known[backendName];
  return {
    accounting_type: component.billing_type,
    backend_name: backendName ?? component.type,
    measured_unit: component.measured_unit,
    unit_factor: measure?.unit === 'bytes' ? unitFactor(component.measured_unit.toUpperCase(), measure) : 1,
    enforce_limits: measure !== undefined && measure.limit !== false,
    label: component.name,
  };
}

/** A backend that sells whole decimal units must not be asked for a bit more than one of them. */
function unitFactor(unit: string, { limit }: BackendComponent): number {
  const binary = UNIT_FACTORS[unit] ?? 1;
  const decimal = 1000 ** (Math.log2(binary) / 10);
  const step = limit === false ? 1n : (limit.step ?? 1n);
  return step % BigInt(binary) !== 0n && step % BigInt(decimal) === 0n ? decimal : binary;
}

/** Storage is counted in powers of two, whatever its unit is called. */
const UNIT_FACTORS: Readonly<Record<string, number>> = {
  MB: 2 ** 20,
  MIB: 2 ** 20,
  GB: 2 ** 30,
  GIB: 2 ** 30,
  TB: 2 ** 40,
  TIB: 2 ** 40,
};

/** A value that shows what is wanted, for an operator to replace. */
function example(name: string, schema: Json | undefined): Json {
  if (!isJsonObject(schema)) return '';
  const { examples, pattern, format } = schema;
  if (Array.isArray(examples) && examples[0] !== undefined) return examples[0] as Json;
  if (schema['x-secret'] === true) return `\${env:${name.toUpperCase()}}`;
  if (format === 'uri') return 'https://storage.example.com';
  return typeof pattern === 'string' && pattern.startsWith('^/') ? '/srv/storage' : '';
}
