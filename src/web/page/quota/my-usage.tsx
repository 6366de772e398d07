import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { get } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { useText } from '../text/text.tsx';
import { QuotaBar, QuotaStatus } from './quota-bar.tsx';
import { factsOf, hasInodes, largestDockerPart, stateOf } from './quota-facts.ts';
import type { Aggregate, DeviceShape, HostAnswer, QuotaShape } from './shapes.ts';

/** All hosts and devices of the person who is logged in. */
export function MyUsage() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['my-quotas'],
    queryFn: ({ signal }) => get<Aggregate<readonly DeviceShape[]>>('api/me/quotas', signal),
    refetchInterval: 10_000,
  });
  return (
    <>
      <PageHead title={t('nav.mine')} intro={t('mine.intro')} />
      <Loaded query={query}>
        {(hosts) =>
          Object.keys(hosts).length === 0 ? (
            <div className="empty">
              <p>{t('mine.empty')}</p>
              <p>
                <Link to="/mappings">{t('mine.ask')}</Link>
              </p>
            </div>
          ) : (
            Object.entries(hosts).map(([key, answer]) => <Host key={key} name={key} answer={answer} />)
          )
        }
      </Loaded>
    </>
  );
}

function Host({ name, answer }: { readonly name: string; readonly answer: HostAnswer<readonly DeviceShape[]> }) {
  const { t } = useText();
  const [host = name, user = ''] = name.split('|');
  const title = t('mine.host', { user, host });
  return (
    <section className="host" aria-label={title}>
      <h2>{title}</h2>
      {'error' in answer ? (
        <Notice kind="failed">
          {t('host.dead')}: <span lang="en">{answer.error.msg}</span>
        </Notice>
      ) : (
        <div className="panels">
          {answer.results.map((device) =>
            (device.user_quotas ?? []).map((quota) => (
              <Device key={`${device.name} ${quota.uid}`} host={host} device={device} quota={quota} />
            )),
          )}
        </div>
      )}
    </section>
  );
}

function Device({
  host,
  device,
  quota,
}: {
  readonly host: string;
  readonly device: DeviceShape;
  readonly quota: QuotaShape;
}) {
  const { t } = useText();
  const states = hasInodes(device)
    ? [stateOf(factsOf(quota, 'block')), stateOf(factsOf(quota, 'inode'))]
    : [stateOf(factsOf(quota, 'block'))];
  const worst = (['over', 'warning', 'ok'] as const).find((state) => states.includes(state)) ?? 'ok';
  return (
    <section className="panel" aria-label={t('device.title', { device: device.name, host })}>
      <div className="panel-head">
        <h3>{device.mount_points[0] ?? device.name}</h3>
        <QuotaStatus state={worst} />
      </div>
      <p className="quiet">
        <code>{device.name}</code> {device.fstype}
      </p>
      <h4>{t('mine.space')}</h4>
      <QuotaBar quota={quota} part="block" />
      {hasInodes(device) && (
        <>
          <h4>{t('mine.inodes')}</h4>
          <QuotaBar quota={quota} part="inode" />
        </>
      )}
      <DockerParts quota={quota} />
    </section>
  );
}

function DockerParts({ quota }: { readonly quota: QuotaShape }) {
  const { t, format } = useText();
  const first = largestDockerPart(quota);
  if (first === undefined) return null;
  const parts = [
    ['docker.containers', quota.docker_container_bytes],
    ['docker.layers', quota.docker_image_layer_bytes],
    ['docker.volumes', quota.docker_volume_bytes],
  ] as const;
  return (
    <>
      <h4>{t('docker.what')}</h4>
      <dl className="facts">
        {parts.map(([name, bytes = 0]) => (
          <div key={name} className="fact">
            <dt>{t(name)}</dt>
            <dd>{format.bytes(bytes)}</dd>
          </div>
        ))}
      </dl>
      {stateOf(factsOf(quota, 'block')) !== 'ok' && <p>{t(`docker.first.${first}`)}</p>}
    </>
  );
}
