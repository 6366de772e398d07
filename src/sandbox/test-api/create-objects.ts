import { toUuid } from '../../lib/ids.ts';
import { isJsonObject, type Json, type JsonObject } from '../../lib/json.ts';
import { addToken } from '../auth.ts';
import { objectOf, optionalText, textOf } from '../call.ts';
import { addProject, addUser, FIXTURE, newComponent } from '../fixture.ts';
import type { Component, Role } from '../model.ts';
import { addOffering, addPlan } from '../offerings.ts';
import { notFound } from '../reply.ts';
import type { World } from '../world.ts';

type Create = (body: JsonObject) => Json;

/** Objects a test wants beside the fixture. */
export function createRoutes(world: World): Readonly<Record<string, Create>> {
  const { store, ids } = world;
  const exists = <R>(row: R | undefined, model: string): R => {
    if (row === undefined) throw notFound(model);
    return row;
  };
  return {
    'POST users': (body) => {
      const roles = Array.isArray(body['roles']) ? body['roles'] : [];
      const user = addUser(world, {
        username: textOf(body, 'username'),
        isStaff: body['is_staff'] === true,
        // Trusted, like every body of the test API.
        roles: roles as unknown as Role[],
      });
      user.isActive = body['is_active'] !== false;
      if (typeof body['token_lifetime'] === 'number') user.tokenLifetime = body['token_lifetime'];
      return { uuid: user.uuid };
    },
    'POST tokens': (body) => {
      const user = exists(store.users.by('username', textOf(body, 'user'))[0], 'User');
      const kind = body['kind'] === 'pat' || body['kind'] === 'oidc' ? body['kind'] : 'token';
      const token = addToken(world, user, optionalText(body, 'key') || `${ids.uuid()}${ids.uuid().slice(0, 8)}`, kind);
      if (body['expires'] !== undefined) token.expiresMs = Date.parse(textOf(body, 'expires'));
      token.revoked = body['revoked'] === true;
      return { key: token.key };
    },
    'POST projects': (body) => {
      const customer = exists(store.customers.get(toUuid(body['customer']) ?? FIXTURE.consumer), 'Customer');
      const startDate = optionalText(body, 'start_date') || undefined;
      return { uuid: addProject(world, customer, { name: textOf(body, 'name'), startDate }).uuid };
    },
    'POST offerings': (body) => {
      const customer = exists(store.customers.get(toUuid(body['customer']) ?? FIXTURE.provider), 'Customer');
      const category = exists(store.categories.all()[0], 'Category');
      const offering = addOffering(world, {
        customer,
        category,
        name: textOf(body, 'name'),
        type: optionalText(body, 'type', 'Marketplace.Slurm'),
        state: optionalText(body, 'state', 'Active'),
        pluginOptions: body['plugin_options'] === undefined ? {} : objectOf(body, 'plugin_options'),
        resourceOptions: body['resource_options'] === undefined ? {} : objectOf(body, 'resource_options'),
        backendIdRules: body['backend_id_rules'] === undefined ? {} : objectOf(body, 'backend_id_rules'),
        components: componentsOf(world, body['components']),
      });
      const plan = addPlan(world, offering, { name: 'Standard' });
      return { uuid: offering.uuid, plan_uuid: plan.uuid };
    },
    'POST plans': (body) => {
      const offering = exists(store.offerings.get(toUuid(body['offering']) ?? ''), 'Offering');
      // Trusted, like every body of the test API.
      const quotas = (body['quotas'] === undefined ? {} : objectOf(body, 'quotas')) as Record<string, number>;
      return { uuid: addPlan(world, offering, { name: textOf(body, 'name'), quotas }).uuid };
    },
  };
}

function componentsOf(world: World, value: Json | undefined): Component[] {
  if (!Array.isArray(value)) return [];
  return value.filter(isJsonObject).map((item) =>
    newComponent(world, {
      type: textOf(item, 'type'),
      billingType: optionalText(item, 'billing_type', 'limit'),
      measuredUnit: optionalText(item, 'measured_unit'),
      limitAmount: typeof item['limit_amount'] === 'number' ? item['limit_amount'] : null,
      limitPeriod: optionalText(item, 'limit_period', 'month'),
    }),
  );
}
