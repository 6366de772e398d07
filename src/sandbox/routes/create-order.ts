import { isJsonObject, type JsonObject } from '../../lib/json.ts';
import { bodyOf, type Call, linked, textOf } from '../call.ts';
import type { Offering, Plan } from '../model.ts';
import { seesProject } from '../permissions.ts';
import { placeCreate } from '../place-order.ts';
import { invalid, ok, type Reply, required } from '../reply.ts';
import { asNumbers, limitProblem } from '../rules/limits.ts';
import { validateOptions } from '../rules/options.ts';
import { isOlder } from '../serialize/fields.ts';
import { renderPlacedOrder } from '../serialize/order.ts';

/** A consumer orders a new resource. */
export function createOrder(call: Call): Reply {
  const { store } = call.world;
  const body = bodyOf(call, [
    'offering',
    'project',
    'plan',
    'attributes',
    'limits',
    'accepting_terms_of_service',
    'type',
    'start_date',
    'request_comment',
    'slug',
    'callback_url',
  ]);
  const offering = linked(store.offerings, body, 'offering');
  const project = linked(store.projects, body, 'project');
  if (!seesProject(call.user, project)) throw invalid({ project: ['Invalid hyperlink - Object does not exist.'] });
  if (offering.state !== 'Active') throw invalid({ offering: ['Offering is not available.'] });
  const plan = planOf(call, body, offering);
  const attributes = isJsonObject(body['attributes']) ? body['attributes'] : {};
  const limits = isJsonObject(body['limits']) ? body['limits'] : {};
  if (isOlder(call)) refuseForm(offering, attributes, limits);
  const unknown = Object.keys(limits).filter(
    (type) => !offering.components.some((component) => component.type === type),
  );
  if (unknown.length > 0) throw invalid({ limits: [`Invalid limits: ${unknown.join(', ')}`] });
  const order = placeCreate(call.world, offering, project, {
    type: 'Create',
    user: call.user,
    attributes,
    limits: isOlder(call) ? asNumbers(limits) : limits,
    plan,
    startDate: typeof body['start_date'] === 'string' ? body['start_date'] : undefined,
    requestComment: typeof body['request_comment'] === 'string' ? body['request_comment'] : undefined,
  });
  const Location = `${call.base}marketplace-orders/${order.uuid}/`;
  return { ...ok(renderPlacedOrder(order, call), 201), headers: { Location } };
}

/** The plan of the body. The 2024 release takes orders without one. */
function planOf(call: Call, body: JsonObject, { plans }: Offering): Plan | undefined {
  if (body['plan'] === undefined) {
    if (plans.length > 0 && !isOlder(call)) throw required('plan');
    return undefined;
  }
  const wanted = textOf(body, 'plan');
  const plan = plans.find(({ uuid }) => wanted.includes(uuid));
  if (plan !== undefined) return plan;
  throw invalid({ plan: [`This plan is not available for ${isOlder(call) ? 'selected' : 'this'} offering.`] });
}

/** @throws Refusal 400 for what the 2024 release checks when an order is placed */
function refuseForm(offering: Offering, attributes: JsonObject, limits: JsonObject): void {
  const problem = limitProblem(offering, limits);
  if (problem?.kind === 'types') throw invalid({ limits: [problem.text] });
  if (problem?.kind === 'number') throw invalid({ limits: problem.problems });
  if (problem?.kind === 'range') throw invalid({ non_field_errors: [problem.text] });
  const problems = validateOptions(offering.options, attributes);
  if (problems !== undefined) throw invalid(problems);
}
