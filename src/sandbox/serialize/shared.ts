import type { Offering, Plan, Project } from '../model.ts';
import { dashed, type Rendering, type Shape, url } from './fields.ts';

/** Keys that many objects repeat about the offering they belong to. */
export function offeringKeys<R>(of: (row: R) => Offering) {
  return {
    offering: (row, to) => url(to, 'marketplace-public-offerings', of(row).uuid),
    offering_uuid: (row) => of(row).uuid,
    offering_name: (row) => of(row).name,
    offering_description: (row) => of(row).description,
    offering_image: () => null,
    offering_thumbnail: () => null,
    offering_type: (row) => of(row).type,
    offering_shared: (row) => of(row).shared,
    offering_billable: (row) => of(row).billable,
    offering_plugin_options: (row) => of(row).pluginOptions,
    provider_uuid: (row) => of(row).customer.uuid,
    provider_name: (row) => of(row).customer.name,
    provider_slug: (row) => of(row).customer.slug,
    provider_description: () => '',
    category_uuid: (row) => of(row).category.uuid,
    category_title: (row) => of(row).category.title,
    category_icon: () => null,
  } as const satisfies Shape<R>;
}

export function planKeys<R>(of: (row: R) => { readonly plan: Plan | undefined; readonly offering: Offering }) {
  return {
    plan: (row, to) => planUrl(to, of(row)),
    plan_uuid: (row) => of(row).plan?.uuid ?? null,
    plan_name: (row) => of(row).plan?.name ?? null,
    plan_unit: (row) => of(row).plan?.unit ?? null,
    plan_description: (row) => of(row).plan?.description ?? null,
  } as const satisfies Shape<R>;
}

export function projectKeys<R>(of: (row: R) => Project) {
  return {
    customer_uuid: (row) => of(row).customer.uuid,
    customer_name: (row) => of(row).customer.name,
    customer_slug: (row) => of(row).customer.slug,
    project_uuid: (row) => of(row).uuid,
    project_name: (row) => of(row).name,
    project_slug: (row) => of(row).slug,
    project_description: (row) => of(row).description,
  } as const satisfies Shape<R>;
}

/** The plain-UUID keys of usage records, which come dashed. */
export function dashedKeys<R>(of: (row: R) => { readonly project: Project; readonly offering: Offering }) {
  return {
    offering_name: (row) => of(row).offering.name,
    offering_uuid: (row) => dashed(of(row).offering.uuid),
    project_name: (row) => of(row).project.name,
    project_uuid: (row) => dashed(of(row).project.uuid),
    customer_name: (row) => of(row).project.customer.name,
    customer_uuid: (row) => dashed(of(row).project.customer.uuid),
  } as const satisfies Shape<R>;
}

function planUrl(to: Rendering, { plan, offering }: { plan: Plan | undefined; offering: Offering }): string {
  if (plan === undefined) return '';
  return `${to.base}marketplace-public-offerings/${offering.uuid}/plans/${plan.uuid}/`;
}
