import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { OrderLineShape, OrdersShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Loaded } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { StartNow } from '../parts/start-now.tsx';
import { OrderStatus } from '../parts/steps.tsx';
import { usePageSearch } from '../parts/use-search.ts';
import { type Column, VirtualTable } from '../parts/virtual-table.tsx';
import { When } from '../parts/when.tsx';
import { useText, type Word } from '../text/text.tsx';

export function Orders() {
  const { t } = useText();
  const query = useInfiniteQuery({
    queryKey: ['orders'],
    queryFn: ({ pageParam, signal }) => get<OrdersShape>(`v1/orders${queryOf(pageParam)}`, signal),
    initialPageParam: {} as OrdersShape['next'],
    getNextPageParam: ({ next }) => (Object.keys(next).length === 0 ? undefined : next),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHead title={t('nav.orders')} intro={t('orders.intro')}>
        <StartNow actions={['reconcile']} />
      </PageHead>
      <Loaded query={query}>{({ pages }) => <List orders={merged(pages)} />}</Loaded>
      {query.hasNextPage && (
        <Button variant="default" loading={query.isFetchingNextPage} onClick={() => void query.fetchNextPage()}>
          {t('more')}
        </Button>
      )}
    </>
  );
}

function List({ orders }: { readonly orders: readonly OrderLineShape[] }) {
  const { t } = useText();
  const [{ q = '' }, change] = usePageSearch();
  const columns = useColumns();
  if (orders.length === 0) return <p className="empty">{t('orders.empty')}</p>;
  const shown = orders.filter((order) => textOf(order).includes(q.toLowerCase()));
  return (
    <>
      <SearchField value={q} onChange={(value) => change({ q: value })} shown={shown.length} all={orders.length} />
      {shown.length === 0 ? (
        <p className="empty">{t('nothing.found')}</p>
      ) : (
        <VirtualTable label={t('nav.orders')} rows={shown} columns={columns} keyOf={({ order }) => order} />
      )}
    </>
  );
}

function useColumns(): readonly Column<OrderLineShape>[] {
  const { t, word, format } = useText();
  return [
    {
      key: 'name',
      title: t('name'),
      width: 'minmax(7rem, 2fr)',
      cell: (order) => (
        <Link to="/orders/$order" params={{ order: order.order }}>
          {order.name === '' ? order.order.slice(0, 8) : order.name}
        </Link>
      ),
    },
    {
      key: 'type',
      title: t('order.title', { id: '' }),
      width: 'minmax(6rem, 1fr)',
      isWide: true,
      cell: ({ type }) => typeText(word, type),
    },
    {
      key: 'status',
      title: t('state'),
      width: 'minmax(8.5rem, 1.2fr)',
      cell: ({ status, error }) => (
        <span title={error?.message}>
          <OrderStatus status={status} />
        </span>
      ),
    },
    {
      key: 'offering',
      title: t('offering'),
      width: 'minmax(6rem, 1.3fr)',
      isWide: true,
      cell: ({ offeringName }) => offeringName,
    },
    {
      key: 'took',
      title: t('orders.took'),
      width: '6rem',
      isWide: true,
      isNumber: true,
      cell: ({ ms }) => (ms === null ? '' : format.duration(ms)),
    },
    {
      key: 'changed',
      title: t('orders.changed'),
      width: 'minmax(6rem, 1fr)',
      isWide: true,
      cell: ({ changedAt }) => <When at={changedAt} />,
    },
  ];
}

export function typeText(word: Word, type: string): string {
  return word('type', type.toLowerCase());
}

function textOf({ name, order, offeringName, type, status }: OrderLineShape): string {
  return `${name} ${order} ${offeringName} ${type} ${status}`.toLowerCase();
}

/** An order that a later page has as well is shown as the first page has it. */
function merged(pages: readonly OrdersShape[]): readonly OrderLineShape[] {
  const byId = new Map<string, OrderLineShape>();
  for (const line of pages.flatMap(({ orders }) => orders)) if (!byId.has(line.order)) byId.set(line.order, line);
  return [...byId.values()];
}

function queryOf(next: OrdersShape['next']): string {
  const query = new URLSearchParams(Object.entries(next).map(([offering, seq]) => ['before', `${offering}:${seq}`]));
  return query.size === 0 ? '' : `?${query}`;
}
