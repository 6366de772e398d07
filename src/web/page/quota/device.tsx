import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useMemo, useState } from 'react';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { sorted } from '../parts/sorted.ts';
import { usePageSearch } from '../parts/use-search.ts';
import { type Column, VirtualTable } from '../parts/virtual-table.tsx';
import { useText } from '../text/text.tsx';
import { EditLimits } from './edit-limits.tsx';
import { devicesOf } from './host-queries.ts';
import { QuotaLine, QuotaStatus } from './quota-bar.tsx';
import { factsOf, fullness, hasInodes, stateOf } from './quota-facts.ts';
import type { DeviceShape, QuotaShape } from './shapes.ts';

/** The users of one device, the fullest first. */
export function Device() {
  const { t } = useText();
  const [{ host = '', device: name = '' }] = usePageSearch();
  const query = useQuery({ ...devicesOf(host), refetchInterval: 30_000 });
  return (
    <>
      <PageHead title={t('device.title', { device: name, host })} intro={t('device.intro')} />
      <Loaded query={query}>
        {(devices) => {
          const device = devices.find((one) => one.name === name);
          if (device === undefined) return <Notice kind="warning">{t('not.known')}</Notice>;
          return device.unavailable === undefined ? (
            <Users host={host} device={device} />
          ) : (
            <Notice kind="failed">
              <span lang="en">{device.unavailable}</span>
            </Notice>
          );
        }}
      </Loaded>
    </>
  );
}

function Users({ host, device }: { readonly host: string; readonly device: DeviceShape }) {
  const { t } = useText();
  const [{ q = '', sort = '-share' }, change] = usePageSearch();
  const [selected, setSelected] = useState<ReadonlySet<number>>(new Set());
  const [isEditing, setEditing] = useState(false);
  const quotas = device.user_quotas ?? [];
  const shown = useMemo(() => {
    const found = quotas.filter(({ name, uid }) => `${name} ${uid}`.toLowerCase().includes(q.toLowerCase()));
    return sorted(found, sort, (quota, key) => (key === 'name' ? quota.name : fullness(quota, device)));
  }, [quotas, q, sort, device]);
  const columns = useColumns(device, shown, selected, setSelected);
  if (quotas.length === 0) return <p className="empty">{t('device.empty')}</p>;
  const chosen = quotas.filter(({ uid }) => selected.has(uid));
  return (
    <>
      <div className="filters">
        <SearchField value={q} onChange={(value) => change({ q: value })} shown={shown.length} all={quotas.length} />
        <div className="page-actions">
          <span role="status">{t('device.selected', { count: chosen.length })}</span>
          <Button size="xs" disabled={chosen.length === 0} onClick={() => setEditing(true)}>
            {t('device.edit')}
          </Button>
        </div>
      </div>
      {shown.length === 0 ? (
        <p className="empty">{t('nothing.found')}</p>
      ) : (
        <VirtualTable
          label={device.name}
          rows={shown}
          columns={columns}
          keyOf={({ uid }) => String(uid)}
          sort={sort}
          onSort={(next) => change({ sort: next })}
        />
      )}
      {isEditing && <EditLimits host={host} device={device} quotas={chosen} onClose={() => setEditing(false)} />}
    </>
  );
}

function useColumns(
  device: DeviceShape,
  shown: readonly QuotaShape[],
  selected: ReadonlySet<number>,
  setSelected: (next: ReadonlySet<number>) => void,
): readonly Column<QuotaShape>[] {
  const { t } = useText();
  return [
    selectColumn(t, shown, selected, setSelected),
    { key: 'name', title: t('device.user'), width: 'minmax(5rem, 1.2fr)', isSortable: true, cell: ({ name }) => name },
    {
      key: 'share',
      title: t('mine.space'),
      width: 'minmax(9rem, 2fr)',
      isSortable: true,
      cell: (quota) => <QuotaLine quota={quota} part="block" />,
    },
    ...(hasInodes(device)
      ? [
          {
            key: 'inodes',
            title: t('mine.inodes'),
            width: 'minmax(9rem, 2fr)',
            isWide: true,
            cell: (quota: QuotaShape) => <QuotaLine quota={quota} part="inode" />,
          },
        ]
      : []),
    {
      key: 'state',
      title: t('state'),
      width: 'minmax(9rem, 1.2fr)',
      isWide: true,
      cell: (quota) => <QuotaStatus state={stateOf(factsOf(quota, 'block'))} />,
    },
  ];
}

function selectColumn(
  t: ReturnType<typeof useText>['t'],
  shown: readonly QuotaShape[],
  selected: ReadonlySet<number>,
  setSelected: (next: ReadonlySet<number>) => void,
): Column<QuotaShape> {
  const all = shown.length > 0 && shown.every(({ uid }) => selected.has(uid));
  return {
    key: 'select',
    title: t('device.select.all'),
    width: '2rem',
    head: (
      <input
        type="checkbox"
        aria-label={t('device.select.all')}
        checked={all}
        onChange={() => setSelected(new Set(all ? [] : shown.map(({ uid }) => uid)))}
      />
    ),
    cell: ({ uid, name }) => (
      <input
        type="checkbox"
        aria-label={t('device.select', { name })}
        checked={selected.has(uid)}
        onChange={(event) => {
          const next = new Set(selected);
          if (event.currentTarget.checked) next.add(uid);
          else next.delete(uid);
          setSelected(next);
        }}
      />
    ),
  };
}
