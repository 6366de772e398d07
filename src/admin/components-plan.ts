import type { ComponentConfig } from '../config/types.ts';
import type { Json, JsonObject } from '../lib/json.ts';
import { sameJson } from '../lib/json.ts';
import type { OfferingTemplate } from '../plugin/contract.ts';
import type { OfferingComponent } from '../waldur/types.ts';

/** What must happen to one component for Waldur to match the configuration. Nothing is ever removed. */
export type ComponentChange =
  | { readonly kind: 'create'; readonly type: string; readonly body: JsonObject }
  | {
      readonly kind: 'update';
      readonly type: string;
      readonly fields: readonly { readonly name: string; readonly from: Json; readonly to: Json }[];
      /** The whole object: a field that is left out is reset by the server. */
      readonly body: JsonObject;
    }
  | { readonly kind: 'unchanged'; readonly type: string }
  /** Waldur has it, the configuration does not. */
  | { readonly kind: 'extra'; readonly type: string };

export function planComponents(
  configured: readonly ComponentConfig[],
  template: OfferingTemplate,
  existing: readonly OfferingComponent[],
): readonly ComponentChange[] {
  const changes = configured.map((component) => {
    const found = existing.find(({ type }) => type === component.type);
    return found === undefined ? createChange(component, template) : updateChange(component, found);
  });
  const extra = existing
    .filter(({ type }) => !configured.some((component) => component.type === type))
    .map(({ type }) => ({ kind: 'extra' as const, type }));
  return [...changes, ...extra];
}

/** Whether anything would be sent. */
export function isDifferent(change: ComponentChange): boolean {
  return change.kind === 'create' || change.kind === 'update';
}

function createChange(component: ComponentConfig, template: OfferingTemplate): ComponentChange {
  const { price: _, ...usual } = template.components.find(({ type }) => type === component.type) ?? { price: '' };
  const body = { name: component.type, ...usual, type: component.type, ...said(component) };
  return { kind: 'create', type: component.type, body };
}

function updateChange(component: ComponentConfig, found: OfferingComponent): ComponentChange {
  const fields = Object.entries(said(component))
    .map(([name, to]) => ({ name, from: found.raw[name] ?? null, to }))
    .filter(({ from, to }) => !sameJson(from, to));
  if (fields.length === 0) return { kind: 'unchanged', type: component.type };
  const body = { ...found.raw, ...said(component), type: component.type, uuid: found.uuid };
  return { kind: 'update', type: component.type, fields, body };
}

/** Only what the configuration says: the rest belongs to whoever edits the offering in the portal. */
function said(component: ComponentConfig): JsonObject {
  const fields = {
    billing_type: component.accountingType,
    name: component.label,
    measured_unit: component.measuredUnit,
    default_limit: whole(component.defaultLimit),
    min_value: whole(component.minLimit),
    max_value: whole(component.maxLimit),
  };
  const given = Object.entries(fields).filter((field): field is [string, string | number] => field[1] !== undefined);
  return { ...component.published, ...Object.fromEntries(given) };
}

/** Waldur keeps these as integers. */
function whole(value: number | undefined): number | undefined {
  return value === undefined ? undefined : Math.round(value);
}
