import { bodyOf, type Call, optionalText, type Routes, textOf } from '../call.ts';
import type { OfferingUser } from '../model-agent.ts';
import { list } from '../paginate.ts';
import { demand, seesOffering } from '../permissions.ts';
import { choices, uuidFilter } from '../query.ts';
import { notFound, ok, type Reply, wrongState } from '../reply.ts';
import { renderer, url } from '../serialize/fields.ts';

export const OFFERING_USER_STATES = [
  'Requested',
  'Creating',
  'Pending account linking',
  'Pending additional validation',
  'OK',
  'Requested deletion',
  'Deleting',
  'Deleted',
  'Error creating',
  'Error deleting',
] as const;

const renderOfferingUser = renderer<OfferingUser>({
  url: (row, to) => url(to, 'marketplace-offering-users', row.uuid),
  uuid: (row) => row.uuid,
  user: (row, to) => url(to, 'users', row.user.uuid),
  offering: (row, to) => url(to, 'marketplace-public-offerings', row.offering.uuid),
  username: (row) => row.username || null,
  offering_uuid: (row) => row.offering.uuid,
  offering_name: (row) => row.offering.name,
  user_uuid: (row) => row.user.uuid,
  user_username: (row) => row.user.username,
  user_full_name: (row) => row.user.fullName,
  user_email: (row) => row.user.email,
  created: (row) => row.created,
  modified: (row) => row.modified,
  customer_uuid: (row) => row.offering.customer.uuid,
  customer_name: (row) => row.offering.customer.name,
  is_restricted: () => false,
  state: (row) => row.state,
  service_provider_comment: (row) => row.comment,
  service_provider_comment_url: (row) => row.commentUrl,
  has_consent: () => true,
  requires_reconsent: () => false,
  has_compliance_checklist: () => false,
  consent_data: () => null,
  is_profile_complete: () => true,
  missing_profile_attributes: () => [],
});

const PENDING = ['Creating', 'Pending account linking', 'Pending additional validation'];

/** Accounts of people at the provider: only for backends that have them. */
export const offeringUserRoutes: Routes = {
  'GET marketplace-offering-users/': (call) => {
    const states = choices(call.query, 'state', OFFERING_USER_STATES);
    const offerings = call.query.all('offering_uuid').map((uuid) => uuid.replaceAll('-', ''));
    const user = uuidFilter(call.query, 'user_uuid');
    return list(call, {
      pools: [call.world.store.offeringUsers.all()],
      where: (row) =>
        seesOffering(call.user, row.offering) &&
        (offerings.length === 0 || offerings.includes(row.offering.uuid)) &&
        (states.length === 0 || states.some((state) => state === row.state)) &&
        (user === undefined || row.user.uuid === user),
      render: renderOfferingUser,
    });
  },
  'GET marketplace-offering-users/:u/': (call) => ok(renderOfferingUser(find(call), call)),
  'PATCH marketplace-offering-users/:u/': (call) => {
    const row = find(call);
    row.username = textOf(bodyOf(call, ['username']), 'username');
    if (row.state === 'Creating') row.state = 'OK';
    row.modified = call.world.clock.stamp();
    call.world.events.offeringUser(row, 'username_set');
    return ok(renderOfferingUser(row, call));
  },
  ...action('begin_creating', 'Creating', ['Requested', 'Error creating']),
  ...action('set_ok', 'OK', [...PENDING, 'Error creating']),
  ...action('set_error_creating', 'Error creating', ['Requested', ...PENDING]),
  ...action('set_validation_complete', 'OK', PENDING),
  ...action('set_pending_account_linking', 'Pending account linking', ['Creating', 'Error creating']),
  ...action('set_pending_additional_validation', 'Pending additional validation', ['Creating', 'Error creating']),
  ...action('set_deleting', 'Deleting', ['Requested deletion', 'Error deleting']),
  ...action('set_deleted', 'Deleted', ['Deleting', 'Requested deletion']),
  ...action('set_error_deleting', 'Error deleting', ['Deleting']),
};

function action(name: string, to: string, from: readonly string[]): Routes {
  return {
    [`POST marketplace-offering-users/:u/${name}/`]: (call): Reply => {
      const row = find(call);
      if (!from.includes(row.state)) throw wrongState(from);
      const body = bodyOf(call, ['comment', 'comment_url']);
      row.state = to;
      row.comment = optionalText(body, 'comment');
      row.commentUrl = optionalText(body, 'comment_url');
      row.modified = call.world.clock.stamp();
      call.world.events.offeringUser(row, 'update');
      return ok();
    },
  };
}

function find(call: Call): OfferingUser {
  const row = call.world.store.offeringUsers.get(call.uuid);
  if (row === undefined || !seesOffering(call.user, row.offering)) throw notFound('OfferingUser');
  demand(call.world.settings.profile, call.user, 'offering.agent', row.offering);
  return row;
}
