import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { get } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { Meter } from '../parts/meter.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Status } from '../parts/status.tsx';
import { useText } from '../text/text.tsx';
import { fullness } from './quota-facts.ts';
import type { Aggregate, DeviceShape, HostAnswer, PingShape } from './shapes.ts';

/** How all hosts are asked; a device is a part of that answer. */
export const ALL_QUOTAS = {
  queryKey: ['quotas'],
  queryFn: ({ signal }: { readonly signal: AbortSignal }) =>
    get<Aggregate<readonly DeviceShape[]>>('api/quotas', signal),
} as const;

export function Hosts() {
  const { t } = useText();
  const query = useQuery({ ...ALL_QUOTAS, refetchInterval: 30_000 });
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
          Object.keys(hosts).length === 0 ? (
            <p className="empty">{t('hosts.empty')}</p>
          ) : (
            <div className="panels">
              {Object.entries(hosts).map(([id, answer]) => (
                <Host key={id} id={id} answer={answer} ping={ping.data?.[id]} />
              ))}
            </div>
          )
        }
      </Loaded>
    </>
  );
}

function Host({
  id,
  answer,
  ping,
}: {
  readonly id: string;
  readonly answer: HostAnswer<readonly DeviceShape[]>;
  readonly ping: PingShape[string] | undefined;
}) {
  const { t, format } = useText();
  const isDead = 'error' in answer;
  return (
    <section className="panel" aria-label={id}>
      <div className="panel-head">
        <h2>{id}</h2>
        {isDead ? (
          <Status tone="failed">{t('host.dead')}</Status>
        ) : (
          <Status tone="ok">{t('host.alive', { ms: format.duration(ping?.latency_ms ?? 0) })}</Status>
        )}
      </div>
      {isDead ? (
        <Notice kind="failed">
          <span lang="en">{answer.error.msg}</span>
        </Notice>
      ) : (
        <ul className="plain-list">
          {answer.results.map((device) => (
            <Device key={device.name} host={id} device={device} />
          ))}
        </ul>
      )}
    </section>
  );
}

function Device({ host, device }: { readonly host: string; readonly device: DeviceShape }) {
  const { t, format } = useText();
  const { free, total, used } = device.usage;
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
      <Meter share={used + free === 0 ? undefined : used / (used + free)} label={text} />
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
