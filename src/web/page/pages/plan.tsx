import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ActionShape, FailureShape, PlanShape, QuotaShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import type { Format } from '../text/format.ts';
import { type Key, type Translate, useText } from '../text/text.tsx';
import { typeText } from './orders.tsx';

type OfferingPlan = PlanShape['offerings'][number];

export function Plan() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['plan'],
    queryFn: ({ signal }) => get<PlanShape>('v1/plan', signal),
    staleTime: 60_000,
  });
  return (
    <>
      <PageHead title={t('nav.plan')} intro={t('plan.intro')}>
        <Button size="xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('refresh.now')}
        </Button>
      </PageHead>
      <Loaded query={query}>
        {({ offerings }) => offerings.map((plan) => <Offering key={plan.name} plan={plan} />)}
      </Loaded>
    </>
  );
}

function Offering({ plan }: { readonly plan: OfferingPlan }) {
  const { t, word } = useText();
  const { name, error, orders, resources } = plan;
  const isEmpty = error === null && orders.length === 0 && resources.length === 0;
  return (
    <section className="panel" aria-label={name}>
      <h2>{name}</h2>
      {error !== null && <Refused error={error} />}
      {isEmpty && <p className="quiet">{t('plan.none')}</p>}
      {orders.length > 0 && <h3>{t('plan.orders')}</h3>}
      {orders.map((order) => (
        <Entry
          key={order.uuid}
          head={`${typeText(word, order.type)}: ${order.resource_name}`}
          entry={order}
          otherwise={t('plan.no.action')}
        />
      ))}
      {resources.length > 0 && <h3>{t('plan.resources')}</h3>}
      {resources.map((resource) => (
        <Entry
          key={resource.uuid}
          head={`${resource.name}: ${word('finding', resource.finding)}`}
          entry={resource}
          otherwise={resource.finding === 'drift' ? t('plan.metadata') : ''}
        />
      ))}
    </section>
  );
}

function Entry({
  head,
  entry,
  otherwise,
}: {
  readonly head: string;
  readonly entry: { readonly actions: readonly ActionShape[]; readonly error: FailureShape | null };
  readonly otherwise: string;
}) {
  const { t, format } = useText();
  return (
    <div className="entry">
      <strong>{head}</strong>
      {entry.error !== null && <Refused error={entry.error} />}
      {entry.error === null && entry.actions.length === 0 && otherwise !== '' && (
        <div className="quiet">{otherwise}</div>
      )}
      <ul className="plain-list">
        {entry.actions.map((action) => (
          <li key={actionText(action, t, format)} className={`action ${signOf(action)}`}>
            {actionText(action, t, format)}
          </li>
        ))}
      </ul>
    </div>
  );
}

function Refused({ error: { message, code, hint } }: { readonly error: FailureShape }) {
  const { t } = useText();
  return (
    <Notice kind="failed">
      <span>
        {t('plan.refused')}: <span lang="en">{message}</span> <code>{code}</code>
        {hint !== null && (
          <span className="hint" lang="en">
            {hint}
          </span>
        )}
      </span>
    </Notice>
  );
}

function signOf({ kind }: ActionShape): string {
  if (kind === 'create-account' || kind === 'issue-key') return 'plus';
  return kind === 'delete-account' || kind === 'revoke-key' ? 'minus' : 'change';
}

function actionText(action: ActionShape, t: Translate, format: Format): string {
  const { kind, account, quota, from, to, changes = [], access_key: key = '', purge } = action;
  const name = kind === 'delete-account' && purge === true ? 'purge-account' : kind;
  const quotaText = (one: QuotaShape | undefined): string => {
    const size = one?.bytes === null || one === undefined ? t('unlimited') : format.bytes(one.bytes);
    return one?.objects == null
      ? size
      : `${size}, ${t('objects.count', { count: format.number(BigInt(one.objects)) })}`;
  };
  return t(`action.${name}` as Key, {
    account,
    key,
    from: quotaText(from),
    to: quotaText(to ?? quota),
    changes: changes.map((one) => `${one.path} ${JSON.stringify(one.from)} → ${JSON.stringify(one.to)}`).join(', '),
  });
}
