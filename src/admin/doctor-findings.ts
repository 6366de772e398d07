import type { OfferingConfig } from '../config/types.ts';
import type { Offering, User } from '../waldur/types.ts';
import type { FailureKind } from './failure-kind.ts';

/** One thing that was looked at. */
export interface Finding {
  readonly name: string;
  readonly status: 'ok' | 'warning' | 'failed' | 'skipped';
  readonly detail: string;
  readonly hint?: string | undefined;
  /** Of a failure; `failed` when absent. */
  readonly kind?: FailureKind;
}

/** The gravest kind among the findings, or `ok`. */
export function gravest(findings: readonly Finding[]): FailureKind | 'ok' {
  const kinds = findings.filter(({ status }) => status === 'failed').map(({ kind }) => kind ?? 'failed');
  const order: readonly FailureKind[] = ['config', 'refused', 'unavailable', 'bug', 'failed'];
  return order.find((kind) => kinds.includes(kind)) ?? 'ok';
}

const TOLERATED_SKEW_MS = 60_000;

/** What the login says about the user, the server and its clock. */
export function* userFindings(
  user: User,
  version: string | undefined,
  skewMs: number,
  offering: OfferingConfig,
): Iterable<Finding> {
  const server = version === undefined ? '' : `, Waldur ${version}`;
  yield { name: 'Waldur login', status: 'ok', detail: `${user.username} at ${offering.waldur.apiUrl}${server}` };
  if (user.tokenLifetime !== undefined) {
    yield {
      name: 'token',
      status: 'warning',
      detail: `it expires after ${user.tokenLifetime} s without use`,
      hint: 'set an unlimited token lifetime for this user, or use a personal access token',
    };
  }
  if (Math.abs(skewMs) <= TOLERATED_SKEW_MS) return;
  yield {
    name: 'clock',
    status: 'warning',
    detail: `it differs from Waldur's by ${Math.round(skewMs / 1000)} s`,
    hint: 'usage near the end of a month would be booked in the wrong one: synchronise the clock',
  };
}

/** Whether the user may do what the agent does: approving orders needs a role in the provider organisation that may. */
export function roleFinding(user: User, offering: Offering): Finding {
  const name = 'role';
  if (user.isStaff) {
    const hint = 'use an owner of the provider organisation in production';
    return { name, status: 'warning', detail: 'staff may do everything, also elsewhere', hint };
  }
  const hint = 'make the user an owner of the organisation the offering belongs to';
  const roles = user.permissions.filter(
    ({ scopeType, scope }) => scopeType === 'customer' && scope !== undefined && scope === offering.customer,
  );
  const [best] = roles.toSorted((a, b) => approves(b) - approves(a));
  if (best !== undefined) {
    const detail = `${best.role} of the provider organisation`;
    if (approves(best) === 2) return { name, status: 'ok', detail };
    if (approves(best) === 1)
      return { name, status: 'warning', detail: `${detail}: Waldur does not tell whether it may approve orders`, hint };
    return {
      name,
      status: 'failed',
      detail: `${detail}, which may not approve or reject orders`,
      hint,
      kind: 'refused',
    };
  }
  if (user.permissions.length === 0 || offering.customer === undefined) {
    return { name, status: 'warning', detail: 'Waldur does not tell the roles of this user' };
  }
  const onOffering = user.permissions.find(({ scope }) => scope === offering.uuid);
  const detail =
    onOffering === undefined
      ? 'no role in the provider organisation'
      : `${onOffering.role} of the offering only: approving and rejecting orders, limits, metadata, endpoints and dated usage will be refused`;
  return { name, status: 'failed', detail, hint, kind: 'refused' };
}

/** Roles on an organisation as Waldur ships them. Every offering manager gets the second by itself. */
const SHIPPED: Readonly<Record<string, boolean>> = { 'CUSTOMER.OWNER': true, 'CUSTOMER.MANAGER': false };

/** 2 when the role may approve orders, 0 when it may not, 1 when that is not known: a site has roles of its own. */
function approves({ role, may }: User['permissions'][number]): number {
  const known = may?.includes('ORDER.APPROVE') ?? SHIPPED[role];
  if (known === undefined) return 1;
  return known ? 2 : 0;
}

export function offeringFinding(offering: Offering): Finding {
  const name = 'offering';
  const detail = `${offering.name}, ${offering.type}, ${offering.state}`;
  if (offering.type !== 'Marketplace.Slurm') {
    const hint =
      'an agent can only serve the type Marketplace.Slurm ("Waldur site agent"): agent offering create makes one';
    return { name, status: 'failed', detail, hint, kind: 'config' };
  }
  if (offering.state !== 'Active' && offering.state !== 'Paused') {
    return { name, status: 'warning', detail, hint: 'it takes no orders until it is activated' };
  }
  return { name, status: 'ok', detail };
}

export function componentsFinding(config: OfferingConfig, offering: Offering): Finding {
  const name = 'components';
  const hint = 'agent components diff shows the differences, agent components push makes Waldur follow the file';
  const missing = config.components.filter(({ type }) => !offering.components.some((found) => found.type === type));
  if (missing.length > 0) {
    const detail = `Waldur lacks ${missing.map(({ type }) => type).join(', ')}`;
    return { name, status: 'failed', detail, hint, kind: 'config' };
  }
  const other = config.components.filter(
    ({ type, accountingType }) =>
      offering.components.find((found) => found.type === type)?.billingType !== accountingType,
  );
  if (other.length > 0) {
    return {
      name,
      status: 'warning',
      detail: `billed differently in Waldur: ${other.map(({ type }) => type).join(', ')}`,
      hint,
    };
  }
  return { name, status: 'ok', detail: config.components.map(({ type }) => type).join(', ') };
}

/** Where consumers find their keys, and whether there is a better place. */
export function credentialsFinding({ credentials }: OfferingConfig, hasApiKeys: boolean): Finding {
  const name = 'credentials';
  if (credentials === 'api_keys' && hasApiKeys) return { name, status: 'ok', detail: "in Waldur's encrypted API keys" };
  if (credentials === 'api_keys') {
    const hint = 'set credentials: metadata in its backend_settings, or update Waldur';
    return { name, status: 'failed', detail: 'this Waldur keeps no API keys', hint, kind: 'config' };
  }
  const detail = 'in the metadata of each resource, which the whole consumer team can read';
  const hint = 'this Waldur can keep them encrypted: credentials: api_keys in the backend_settings';
  return { name, status: 'ok', detail, hint: hasApiKeys ? hint : undefined };
}
