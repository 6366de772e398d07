import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { get } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { Meter } from '../parts/meter.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Status } from '../parts/status.tsx';
import { useText } from '../text/text.tsx';
import { devicesOf, HOSTS } from './host-queries.ts';
import { fullness } from './quota-facts.ts';
import type { DeviceShape, PingShape } from './shapes.ts';

export function Hosts() {
  const { t } = useText();
  const query = useQuery(HOSTS);
  const ping = useQuery({
    queryKey: ['ping'],
    queryFn: ({ signal }) => get<PingShape>('api/hosts/ping', signal),
    refetchInterval: 15_000,
  });
  return (
    <>
      <PageHead title={t('nav.hosts')} intro={t('hosts.intro')} />
      <Loaded query={query}>
        {(hosts) =>
          hosts.length === 0 ? (
            <p className="empty">{t('hosts.empty')}</p>
          ) : (
            <div className="panels">
              {hosts.map(({ id }) => (
                <Host key={id} id={id} ping={ping.data?.[id]} />
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function Host({ id, ping }: { readonly id: string; readonly ping: PingShape[string] | undefined }) {
  const { t } = useText();
  const query = useQuery({ ...devicesOf(id), refetchInterval: 30_000 });
  return (
    <section className="panel" aria-label={id}>
      <div className="panel-head">
        <h2>{id}</h2>
        <Liveness isDead={query.isError || ping?.error !== undefined} ping={ping} />
      </div>
      {query.isError && (
        <Notice kind="failed">
          <span lang="en">{query.error.message}</span>
        </Notice>
      )}
      {query.isPending && <p className="loading">{t('loading')}</p>}
      <ul className="plain-list">
        {(query.isError ? [] : (query.data ?? [])).map((device) => (
          <Device key={device.name} host={id} device={device} />
        ))}
      </ul>
    </section>
  );
}

function Liveness({ isDead, ping }: { readonly isDead: boolean; readonly ping: PingShape[string] | undefined }) {
  const { t, format } = useText();
  if (isDead) return <Status tone="failed">{t('host.dead')}</Status>;
  if (ping?.latency_ms === undefined) return null;
  return <Status tone="ok">{t('host.alive', { ms: format.duration(ping.latency_ms) })}</Status>;
}

function Device({ host, device }: { readonly host: string; readonly device: DeviceShape }) {
  return device.unavailable === undefined ? (
    <ReadDevice host={host} device={device} />
  ) : (
    <li className="entry">
      {device.name} <span className="quiet">{device.mount_points.join(', ')}</span>
      <Notice kind="failed">
        <span lang="en">{device.unavailable}</span>
      </Notice>
    </li>
  );
}

function ReadDevice({ host, device }: { readonly host: string; readonly device: DeviceShape }) {
  const { t, format } = useText();
  const { free, total, percent } = device.usage;
  const quotas = device.user_quotas ?? [];
  const full = quotas.filter((quota) => fullness(quota, device) >= 1).length;
  const text = t('device.free', { free: format.bytes(free), total: format.bytes(total) });
  return (
    <li className="entry">
      <Link to="/device" search={{ host, device: device.name }}>
        {device.name}
      </Link>{' '}
      <span className="quiet">
        {device.mount_points.join(', ')} {device.fstype}
      </span>
      <Meter share={total === 0 ? undefined : percent / 100} label={text} />
      <div className="usage-text">
        {text} · {t('device.users', { count: format.number(quotas.length), full: format.number(full) })}
      </div>
      {device.unattributed_usage !== undefined && device.unattributed_usage > 0 && (
        <div className="usage-text quiet">
          {t('docker.unattributed', { bytes: format.bytes(device.unattributed_usage) })}
        </div>
      )}
    </li>
  );
}
