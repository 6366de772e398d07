import { useQuery } from '@tanstack/react-query';
import { get } from '../api.ts';
import { Loaded } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { usePageSearch } from '../parts/use-search.ts';
import { type Column, VirtualTable } from '../parts/virtual-table.tsx';
import { When } from '../parts/when.tsx';
import { useText } from '../text/text.tsx';
import type { NotificationShape } from './shapes.ts';

const TONES: Readonly<Record<string, Tone>> = {
  disk_back_to_ok: 'ok',
  device_enforcement_off: 'failed',
  device_enforcement_on: 'ok',
  disk_hard_limit_reached: 'failed',
  disk_soft_grace_expired: 'failed',
  docker_quota_exceeded: 'failed',
  docker_quota_unresolvable: 'failed',
};

export function Notifications() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['notifications'],
    queryFn: ({ signal }) => get<readonly NotificationShape[]>('api/admin/notifications', signal),
    refetchInterval: 15_000,
  });
  return (
    <>
      <PageHead title={t('nav.notifications')} intro={t('notifications.intro')} />
      <Loaded query={query}>{(all) => <List all={all} />}</Loaded>
    </>
  );
}

function List({ all }: { readonly all: readonly NotificationShape[] }) {
  const { t, word } = useText();
  const [{ q = '' }, change] = usePageSearch();
  if (all.length === 0) return <p className="empty">{t('notifications.empty')}</p>;
  const shown = all.filter((one) => textOf(one).includes(q.toLowerCase()));
  const columns: readonly Column<NotificationShape>[] = [
    { key: 'at', title: t('notifications.when'), width: '8rem', cell: ({ at }) => <When at={at} /> },
    { key: 'user', title: t('device.user'), width: 'minmax(5rem, 1fr)', cell: ({ host_user_name: user }) => user },
    {
      key: 'what',
      title: t('notifications.what'),
      width: 'minmax(9rem, 2fr)',
      cell: ({ event_type: type }) => <Status tone={TONES[type] ?? 'warning'}>{word('event', type)}</Status>,
    },
    {
      key: 'host',
      title: t('device.host'),
      width: 'minmax(5rem, 1fr)',
      isWide: true,
      cell: ({ host_id: host }) => host,
    },
    {
      key: 'device',
      title: t('device.device'),
      width: 'minmax(6rem, 1fr)',
      isWide: true,
      cell: aboutOf,
    },
  ];
  return (
    <>
      <SearchField value={q} onChange={(value) => change({ q: value })} shown={shown.length} all={all.length} />
      {shown.length === 0 ? (
        <p className="empty">{t('nothing.found')}</p>
      ) : (
        <VirtualTable label={t('nav.notifications')} rows={shown} columns={columns} keyOf={({ id }) => id} />
      )}
    </>
  );
}

/** The device or the container that it is about. */
function aboutOf({ detail }: Pick<NotificationShape, 'detail'>): string {
  const { device_name: device, container_id: container } = detail;
  return [device, container].find((one) => typeof one === 'string') ?? '';
}

function textOf({ host_id: host, host_user_name: user, event_type: type, detail }: NotificationShape): string {
  return `${host} ${user} ${type} ${aboutOf({ detail })}`.toLowerCase();
}
