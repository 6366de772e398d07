import type { Order, Resource } from '../waldur/types.ts';

/** The slugs an account is named after: resources of servers of 2024 do not carry them, their orders do. */
export function withSlugs(resource: Resource, { customerSlug, projectSlug }: Order): Resource {
  return {
    ...resource,
    customerSlug: customerSlug || resource.customerSlug,
    projectSlug: projectSlug || resource.projectSlug,
  };
}
