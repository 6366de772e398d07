import { toUuid } from '../../lib/ids.ts';
import type { Json, JsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, optionalText, type Routes, textOf } from '../call.ts';
import type { Component, Offering } from '../model.ts';
import { invalid, notFound, ok, ServerCrash } from '../reply.ts';
import { isOlder } from '../serialize/fields.ts';
import { renderComponent } from '../serialize/offering.ts';
import { openOffering } from './offering-access.ts';

const PREFIX = 'marketplace-provider-offerings/:u/';

/** What is sold of an offering. */
export const componentRoutes: Routes = {
  [`POST ${PREFIX}create_offering_component/`]: (call) => {
    const offering = openOffering(call, 'offering.components');
    const component = componentOf(call, bodyOf(call), offering);
    offering.components.push(component);
    return isOlder(call) ? { status: 201 } : ok(renderComponent(component, offering.uuid), 201);
  },
  [`POST ${PREFIX}update_offering_component/`]: (call) => {
    const offering = openOffering(call, 'offering.components');
    const { component, body } = namedComponent(call, offering);
    Object.assign(component, componentFields(body, isOlder(call) ? null : 'month', component));
    return ok();
  },
  [`POST ${PREFIX}remove_offering_component/`]: (call) => {
    const offering = openOffering(call, 'offering.components');
    const { component } = namedComponent(call, offering);
    if (component.isBuiltin) throw invalid({ details: 'Builtin component cannot be removed.' });
    if (!isOlder(call) && call.world.store.resources.by('offering', offering.uuid).length > 0) {
      throw invalid({ details: 'Offering has resources, component cannot be removed.' });
    }
    offering.components = offering.components.filter((row) => row !== component);
    return ok();
  },
};

function namedComponent(call: Call, offering: Offering): { readonly component: Component; readonly body: JsonObject } {
  const body = bodyOf(call);
  if (body['uuid'] === undefined) throw invalid({ details: 'UUID for offering component was not provided.' });
  const component = offering.components.find(({ uuid }) => uuid === toUuid(body['uuid']));
  if (component === undefined) throw notFound('OfferingComponent');
  return { component, body };
}

/** A component from a request. @throws Refusal 400 */
export function componentOf(call: Call, body: JsonObject, offering: Offering): Component {
  const missing = ['billing_type', 'name', 'type'].filter((field) => body[field] === undefined);
  if (missing.length > 0)
    throw invalid(Object.fromEntries(missing.map((field) => [field, ['This field is required.']])));
  const type = textOf(body, 'type');
  if (!/^[a-zA-Z0-9_\-/:]+$/.test(type)) throw invalid({ type: ['Enter a valid value.'] });
  if (offering.components.some((component) => component.type === type)) {
    if (isOlder(call)) throw new ServerCrash('IntegrityError');
    throw invalid({ non_field_errors: ['The fields type, offering must make a unique set.'] });
  }
  return { uuid: call.world.ids.uuid(), isBuiltin: false, ...componentFields(body, isOlder(call) ? null : 'month') };
}

/** What the body says, over what there was. An omitted `limit_period` falls back to that of the release. */
function componentFields(
  body: JsonObject,
  period: string | null,
  old?: Component,
): Omit<Component, 'uuid' | 'isBuiltin'> {
  const billingType = optionalText(body, 'billing_type', old?.billingType ?? '');
  if (!['fixed', 'usage', 'limit', 'one', 'few'].includes(billingType)) {
    throw invalid({ billing_type: [`"${billingType}" is not a valid choice.`] });
  }
  const limitPeriod = optionalText(body, 'limit_period') || period;
  if (limitPeriod !== null && !['month', 'quarterly', 'annual', 'total'].includes(limitPeriod)) {
    throw invalid({ limit_period: [`"${limitPeriod}" is not a valid choice.`] });
  }
  return {
    billingType,
    limitPeriod,
    type: optionalText(body, 'type', old?.type ?? ''),
    name: optionalText(body, 'name', old?.name ?? ''),
    description: optionalText(body, 'description', old?.description ?? ''),
    measuredUnit: optionalText(body, 'measured_unit', old?.measuredUnit ?? ''),
    articleCode: optionalText(body, 'article_code', old?.articleCode ?? ''),
    limitAmount: integerOf(body, 'limit_amount', old?.limitAmount ?? null),
    unitFactor: integerOf(body, 'unit_factor', old?.unitFactor ?? 1) ?? 1,
    minValue: integerOf(body, 'min_value', old?.minValue ?? null),
    maxValue: integerOf(body, 'max_value', old?.maxValue ?? null),
    maxAvailableLimit: integerOf(body, 'max_available_limit', old?.maxAvailableLimit ?? null),
    defaultLimit: integerOf(body, 'default_limit', old?.defaultLimit ?? null),
    isBoolean: (body['is_boolean'] ?? old?.isBoolean) === true,
    isPrepaid: (body['is_prepaid'] ?? old?.isPrepaid) === true,
  };
}

function integerOf(body: JsonObject, name: string, otherwise: number | null): number | null {
  const value: Json | undefined = body[name];
  if (value === undefined) return otherwise;
  if (value === null) return null;
  if (typeof value === 'number' && Number.isInteger(value)) {
    if (Math.abs(value) <= 2_147_483_647) return value;
    throw invalid({ [name]: ['Ensure this value is less than or equal to 2147483647.'] });
  }
  throw invalid({ [name]: ['A valid integer is required.'] });
}
