import { useQuery } from '@tanstack/react-query';
import { Link, useParams } from '@tanstack/react-router';
import type { OrderShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Failure } from '../parts/failure.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { OrderStatus, Steps } from '../parts/steps.tsx';
import { When } from '../parts/when.tsx';
import { useText } from '../text/text.tsx';
import { typeText } from './orders.tsx';

export function Order() {
  const { t } = useText();
  const { order = '' } = useParams({ strict: false });
  const query = useQuery({
    queryKey: ['order', order],
    queryFn: ({ signal }) => get<OrderShape>(`v1/orders/${encodeURIComponent(order)}`, signal),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHead title={t('order.title', { id: query.data?.name ?? order.slice(0, 8) })} />
      <Loaded query={query}>{(data) => <Details data={data} />}</Loaded>
    </>
  );
}

function Details({ data }: { readonly data: OrderShape }) {
  const { t, word } = useText();
  const said = data.steps.filter(({ text }) => text !== null);
  return (
    <>
      <section className="panel">
        <OrderStatus status={data.status} />
        <Failure error={data.error} />
        <dl className="facts">
          <dt>{t('offering')}</dt>
          <dd>{data.offeringName}</dd>
          <dt>{t('order.title', { id: '' })}</dt>
          <dd>
            {typeText(word, data.type)} <code>{data.order}</code>
          </dd>
          <dt>{t('order.resource')}</dt>
          <dd>
            {data.resource === null ? (
              data.name
            ) : (
              <Link to="/resources/$resource" params={{ resource: data.resource }}>
                {data.name === '' ? data.resource : data.name}
              </Link>
            )}
          </dd>
          <dt>{t('order.started')}</dt>
          <dd>
            <When at={data.startedAt} />
          </dd>
          <dt>{t('order.done.at')}</dt>
          <dd>
            <When at={data.changedAt} />
          </dd>
        </dl>
      </section>
      <section className="panel">
        <h2>{t('order.read')}</h2>
        {said.length === 0 && <p className="quiet">{t('order.read.none')}</p>}
        {said.map(({ id, text }) => (
          <blockquote key={id}>{text}</blockquote>
        ))}
      </section>
      <section className="panel">
        <h2>{t('order.steps')}</h2>
        <Steps steps={data.steps} />
      </section>
    </>
  );
}
