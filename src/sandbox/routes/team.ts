import { isJsonObject, type Json } from '../../lib/json.ts';
import { bodyOf, type Call, type Routes } from '../call.ts';
import type { User } from '../model.ts';
import { holds } from '../permissions.ts';
import { conflict, invalid, ok, Refusal, type Reply } from '../reply.ts';
import { formatCents } from '../rules/decimal.ts';
import { isOlder, url } from '../serialize/fields.ts';
import { findProvided, writable } from './resource-access.ts';

const RESYNC_PAUSE_MS = 30_000;

/** Who works with a resource, and under which plan. */
export const teamRoutes: Routes = {
  'GET marketplace-provider-resources/:u/team/': (call) => {
    const { project } = findProvided(call);
    const members = call.world.store.users
      .all()
      .filter((user) => user.isActive && holds(user, 'project', project.uuid));
    return ok(members.map((user) => renderMember(call, user, project.uuid)));
  },
  'GET marketplace-provider-resources/:u/plan_periods/': (call) => {
    const { uuid } = findProvided(call);
    return ok(
      call.world.store.periods.by('resource', uuid).map((period) => ({
        uuid: period.uuid,
        plan_name: period.plan.name,
        plan_uuid: period.plan.uuid,
        start: period.start,
        end: period.end ?? null,
        components: call.world.store.usages
          .by('resource', uuid)
          .filter((usage) => usage.planPeriod === period)
          .map((usage) => ({
            uuid: usage.uuid,
            created: usage.created,
            description: usage.description,
            type: usage.component.type,
            name: usage.component.name,
            measured_unit: usage.component.measuredUnit,
            usage: formatCents(usage.cents),
            date: usage.date,
            recurring: usage.recurring,
          })),
      })),
    );
  },
  'POST marketplace-provider-resources/:u/set_membership_sync_statuses/': setMembershipStatuses,
  'POST marketplace-provider-resources/:u/sync_user_roles/': syncUserRoles,
};

function renderMember(call: Call, user: User, project: string): Json {
  const role = user.roles.find(({ scope }) => scope === project)?.name ?? 'PROJECT.MEMBER';
  const account = call.world.store.offeringUsers.all().find((row) => row.user === user);
  return {
    url: url(call, 'users', user.uuid),
    uuid: user.uuid,
    username: user.username,
    full_name: user.fullName,
    email: user.email,
    role,
    expiration_time: null,
    offering_user_username: account?.username ?? null,
    ...(isOlder(call) ? {} : { offering_user_state: account?.state ?? null }),
  };
}

function setMembershipStatuses(call: Call): Reply {
  const { offering } = writable(call, 'resource.set_membership');
  if (offering.pluginOptions['enable_membership_sync_status'] !== true) {
    throw conflict('Membership sync status is not enabled for this offering.');
  }
  const { statuses } = bodyOf(call, ['statuses']);
  if (!Array.isArray(statuses)) throw invalid({ statuses: ['This field is required.'] });
  const known = statuses.filter((entry: Json) => isJsonObject(entry) && findUser(call, entry) !== undefined);
  // By the name or UUID they came with: the client reads a list of texts.
  const skipped = statuses.filter((entry: Json) => !known.includes(entry)).map(nameIn);
  return ok({ stored: known.length, skipped });
}

function nameIn(entry: Json): string {
  const { username, user_uuid: uuid } = isJsonObject(entry) ? entry : {};
  return [username, uuid].find((name) => typeof name === 'string') ?? '';
}

function findUser(call: Call, entry: Readonly<Record<string, Json>>): User | undefined {
  const { users } = call.world.store;
  const uuid = entry['user_uuid'];
  if (typeof uuid === 'string') return users.get(uuid.replaceAll('-', ''));
  const { username } = entry;
  return typeof username === 'string' ? users.by('username', username)[0] : undefined;
}

function syncUserRoles(call: Call): Reply {
  const resource = writable(call, 'resource.set_membership');
  if (resource.offering.pluginOptions['enable_membership_sync_status'] !== true) {
    throw conflict('Membership sync status is not enabled for this offering.');
  }
  const now = call.world.clock.nowMs();
  const last = call.world.store.roleSyncs.get(resource.uuid);
  if (last !== undefined && now - last < RESYNC_PAUSE_MS) {
    throw new Refusal(429, { detail: 'Request was throttled. Expected available in 30 seconds.' });
  }
  call.world.store.roleSyncs.set(resource.uuid, now);
  call.world.events.userRole(resource);
  return ok();
}
