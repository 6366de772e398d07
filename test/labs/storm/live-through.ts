import type { Order } from '../../../src/sandbox/model.ts';
import { reach } from '../../e2e/helpers.ts';
import type { Site } from '../../fakes/site.ts';

type Placed = NonNullable<Parameters<Site['sandbox']['placeOrder']>[0]>;

/** Orders an account and changes its limits; every other account is ended again. Returns the orders, all done. */
export async function liveThrough(
  site: Site,
  index: number,
  first: Placed,
  limits: NonNullable<Placed['limits']>,
): Promise<readonly Order[]> {
  const orders: Order[] = [];
  const place = async (request: Placed): Promise<Order> => {
    const order = site.sandbox.placeOrder(request);
    orders.push(order);
    return reach(site, order, 'done');
  };
  const { resource } = await place(first);
  await place({ type: 'Update', resource: resource.uuid, limits });
  if (index % 2 === 0) await place({ type: 'Terminate', resource: resource.uuid });
  return orders;
}
