import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { HindranceShape, OfferingShape, OverviewShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Bars } from '../parts/bars.tsx';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { StartNow } from '../parts/start-now.tsx';
import { Status } from '../parts/status.tsx';
import { When } from '../parts/when.tsx';
import { useText } from '../text/text.tsx';

export function Overview() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['overview'],
    queryFn: ({ signal }) => get<OverviewShape>('v1/overview', signal),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHead title={t('nav.overview')} intro={t('overview.intro')}>
        <StartNow actions={['reconcile', 'report', 'check']} />
      </PageHead>
      <Loaded query={query}>{(data) => <Standing data={data} />}</Loaded>
    </>
  );
}

function Standing({ data }: { readonly data: OverviewShape }) {
  const { t, format } = useText();
  const { version, startedAt, ready, isDurable, offerings } = data;
  return (
    <>
      <Notice kind={ready ? 'ok' : 'failed'}>{t(ready ? 'overview.ready' : 'overview.unready')}</Notice>
      {!isDurable && <Notice kind="plain">{t('overview.memory')}</Notice>}
      {offerings.length === 0 && <p>{t('overview.empty')}</p>}
      <div className="panels">
        {offerings.map((offering) => (
          <Offering key={offering.name} offering={offering} />
        ))}
      </div>
      <p className="quiet">{t('overview.version', { version, since: format.moment(new Date(startedAt)) })}</p>
    </>
  );
}

function Offering({ offering }: { readonly offering: OfferingShape }) {
  const { t } = useText();
  const { name, backend, hindrances } = offering;
  return (
    <section className="panel" aria-label={name}>
      <div className="panel-head">
        <h2>{name}</h2>
        <span className="quiet">{backend}</span>
      </div>
      {hindrances.length === 0 ? (
        <Status tone="ok">{t('offering.works')}</Status>
      ) : (
        hindrances.map((hindrance) => <Hindrance key={hindrance.ability} hindrance={hindrance} />)
      )}
      <p>
        <Connection offering={offering} />
      </p>
      <Facts offering={offering} />
      <Rate offering={offering} />
    </section>
  );
}

function Facts({ offering }: { readonly offering: OfferingShape }) {
  const { t, format } = useText();
  const { lastReport, lastUpkeep, orders, running, queued } = offering;
  return (
    <dl className="facts">
      <dt>{t('offering.busy')}</dt>
      <dd>{t('offering.busy.value', { running, queued })}</dd>
      <dt>{t('offering.reconciled')}</dt>
      <dd>
        <When at={offering.lastReconcileAt} />
      </dd>
      <dt>{t('offering.reported')}</dt>
      <dd>
        <When at={lastReport?.at ?? null} />
        {lastReport !== null && (
          <div className="quiet">
            {lastReport.ok ? '' : `${t('offering.report.failed')}: `}
            {t('offering.report.value', countsOf(lastReport))}
          </div>
        )}
      </dd>
      <dt>{t('offering.compared')}</dt>
      <dd>
        <When at={lastUpkeep?.at ?? null} />
        {lastUpkeep !== null && <div className="quiet">{t('offering.drift.value', countsOf(lastUpkeep))}</div>}
      </dd>
      <dt>{t('offering.resources')}</dt>
      <dd>
        <Link to="/resources" search={{ offering: offering.uuid }}>
          {format.number(offering.resources)}
        </Link>
      </dd>
      {orders.medianMs !== null && orders.p95Ms !== null && (
        <>
          <dt>{t('offering.duration')}</dt>
          <dd>
            {t('offering.duration.value', {
              median: format.duration(orders.medianMs),
              p95: format.duration(orders.p95Ms),
            })}
          </dd>
        </>
      )}
    </dl>
  );
}

function Hindrance({ hindrance }: { readonly hindrance: HindranceShape }) {
  const { t } = useText();
  const { what, essential, message, hint, since, code } = hindrance;
  return (
    <div className={`notice ${essential ? 'failed' : 'warning'}`}>
      <div>
        <strong>{t('offering.blocked', { what })}</strong> <When at={since} />
      </div>
      <div lang="en">
        {message} <code>{code}</code>
        {hint !== null && <span className="hint">{hint}</span>}
      </div>
    </div>
  );
}

function Connection({ offering: { connected, usesEvents } }: { readonly offering: OfferingShape }) {
  const { t } = useText();
  if (connected) return <Status tone="ok">{t('offering.connected')}</Status>;
  return usesEvents ? (
    <Status tone="warning">{t('offering.disconnected')}</Status>
  ) : (
    <Status tone="quiet">{t('offering.polled')}</Status>
  );
}

function Rate({ offering: { orders } }: { readonly offering: OfferingShape }) {
  const { t, format } = useText();
  const sum = (pick: 'done' | 'failed'): number => orders.hours.reduce((all, hour) => all + hour[pick], 0);
  const label = t('offering.rate', { done: format.number(sum('done')), failed: format.number(sum('failed')) });
  return (
    <figure className="figure">
      <Bars
        label={label}
        bars={orders.hours.map(({ from, done, failed }) => ({
          key: from,
          title: t('offering.rate.hour', { hour: format.time(new Date(from)), done, failed }),
          ok: done,
          failed,
        }))}
      />
      <figcaption className="quiet">{label}</figcaption>
    </figure>
  );
}

/** The numbers of a record, for a text with their names. */
function countsOf(record: object): Record<string, number> {
  return Object.fromEntries(Object.entries(record).filter(([, value]) => typeof value === 'number'));
}
