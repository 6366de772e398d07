import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import type { ResourceShape, SeriesShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Amount } from '../parts/amount.tsx';
import { Failure } from '../parts/failure.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Plot } from '../parts/plot.tsx';
import { Status } from '../parts/status.tsx';
import { Steps } from '../parts/steps.tsx';
import { Usage } from '../parts/usage.tsx';
import { When } from '../parts/when.tsx';
import { useText } from '../text/text.tsx';
import { FindingStatus } from './resources.tsx';

export function Resource() {
  const { t } = useText();
  const { resource = '' } = useParams({ strict: false });
  const query = useQuery({
    queryKey: ['resource', resource],
    queryFn: ({ signal }) => get<ResourceShape>(`v1/resources/${encodeURIComponent(resource)}`, signal),
    refetchInterval: 30_000,
  });
  return (
    <>
      <PageHead title={query.data?.name ?? t('order.resource')} />
      <Loaded query={query}>{(data) => <Details data={data} />}</Loaded>
    </>
  );
}

function Details({ data }: { readonly data: ResourceShape }) {
  const { t } = useText();
  return (
    <>
      <div className="panels">
        <section className="panel">
          <FindingStatus line={data} />
          <Facts data={data} />
        </section>
        <section className="panel">
          <h2>{t('resources.usage')}</h2>
          <Usage line={data} />
          <Numbers data={data} />
          <h2>{t('resources.keys')}</h2>
          <Keys data={data} />
        </section>
      </div>
      <Failure error={data.error} />
      {data.left.length > 0 && (
        <section className="panel">
          <h2>{t('resource.left')}</h2>
          <ul>
            {data.left.map(({ path, from, to }) => (
              <li key={path}>
                <code>
                  {path}: {JSON.stringify(from)} → {JSON.stringify(to)}
                </code>
              </li>
            ))}
          </ul>
        </section>
      )}
      <History data={data} />
      <section className="panel">
        <h2>{t('resource.steps')}</h2>
        {data.steps.length === 0 ? <p className="quiet">{t('resource.steps.none')}</p> : <Steps steps={data.steps} />}
      </section>
    </>
  );
}

function Facts({ data }: { readonly data: ResourceShape }) {
  const { t } = useText();
  return (
    <dl className="facts">
      <dt>{t('account')}</dt>
      <dd>
        <code>{data.account}</code>
      </dd>
      <dt>{t('offering')}</dt>
      <dd>{data.offeringName}</dd>
      <dt>{t('resource.customer')}</dt>
      <dd>{data.customer}</dd>
      <dt>{t('resource.project')}</dt>
      <dd>{data.project}</dd>
      <dt>UUID</dt>
      <dd>
        <code>{data.uuid}</code>
      </dd>
      <dt>{t('resources.seen')}</dt>
      <dd>
        <When at={data.seenAt} />
      </dd>
    </dl>
  );
}

function Numbers({ data }: { readonly data: ResourceShape }) {
  const { t, format } = useText();
  const { usedBytes, limitBytes, usedObjects, limitObjects } = data;
  const count = (text: string | null, otherwise: string): string =>
    text === null ? otherwise : format.number(BigInt(text));
  return (
    <dl className="facts">
      <dt>{t('used')}</dt>
      <dd>{usedBytes === null ? t('unknown') : <Amount bytes={usedBytes} />}</dd>
      <dt>{t('limit')}</dt>
      <dd>{limitBytes === null ? t('unlimited') : <Amount bytes={limitBytes} />}</dd>
      <dt>{t('objects')}</dt>
      <dd>{t('used.of', { used: count(usedObjects, t('unknown')), limit: count(limitObjects, t('unlimited')) })}</dd>
    </dl>
  );
}

function Keys({ data: { accessKeys } }: { readonly data: ResourceShape }) {
  const { t } = useText();
  if (accessKeys.length === 0) return <p className="quiet">{t('resource.keys.none')}</p>;
  return (
    <ul className="plain-list">
      {accessKeys.map(({ id, works }) => (
        <li key={id}>
          <code>{id}</code>{' '}
          <Status tone={works ? 'ok' : 'warning'}>{t(works ? 'resource.key.works' : 'resource.key.broken')}</Status>
        </li>
      ))}
    </ul>
  );
}

function History({ data: { history } }: { readonly data: ResourceShape }) {
  const { t } = useText();
  const find = (component: string): SeriesShape | undefined => history.find((one) => one.component === component);
  const shown = history.filter(({ component, points }) => !component.startsWith('limit ') && points.length > 0);
  return (
    <section className="panel">
      <h2>{t('resource.history')}</h2>
      {shown.length === 0 && <p className="quiet">{t('resource.history.none')}</p>}
      {shown.map((used) => (
        <figure key={used.component} className="figure">
          <Plot
            used={used}
            limit={find(`limit ${used.component}`)}
            label={`${t('resource.history')}: ${used.component}`}
          />
          <figcaption className="legend">
            <span className="legend-used">
              {used.component}: {t('used')}
            </span>
            {find(`limit ${used.component}`) !== undefined && <span className="legend-limit">{t('limit')}</span>}
          </figcaption>
        </figure>
      ))}
    </section>
  );
}
