import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { useMemo } from 'react';
import type { ResourceLineShape, ResourcesShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { SearchField } from '../parts/search-field.tsx';
import { sorted } from '../parts/sorted.ts';
import { Sparkline } from '../parts/sparkline.tsx';
import { StartNow } from '../parts/start-now.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { shareOf, Usage } from '../parts/usage.tsx';
import { usePageSearch } from '../parts/use-search.ts';
import { type Column, VirtualTable } from '../parts/virtual-table.tsx';
import { When } from '../parts/when.tsx';
import { type Translate, useText } from '../text/text.tsx';

export function Resources() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['resources'],
    queryFn: ({ signal }) => get<ResourcesShape>('v1/resources', signal),
    refetchInterval: 30_000,
  });
  return (
    <>
      <PageHead title={t('nav.resources')} intro={t('resources.intro')}>
        <StartNow actions={['check']} />
      </PageHead>
      <Loaded query={query}>{(data) => <List data={data} />}</Loaded>
    </>
  );
}

function List({ data }: { readonly data: ResourcesShape }) {
  const { t } = useText();
  const [{ q = '', sort = '-usage', offering }, change] = usePageSearch();
  const { resources } = data;
  const shown = useMemo(() => {
    const wanted = q.toLowerCase();
    const found = resources.filter(
      (line) => (offering === undefined || line.offering === offering) && textOf(line).includes(wanted),
    );
    return sorted(found, sort, sortKey);
  }, [resources, q, sort, offering]);
  const columns = useColumns();
  if (resources.length === 0) return <p className="empty">{t('resources.empty')}</p>;
  return (
    <>
      {data.truncated && <Notice kind="warning">{t('resources.truncated')}</Notice>}
      <div className="filters">
        <SearchField value={q} onChange={(value) => change({ q: value })} shown={shown.length} all={resources.length} />
        <OfferingChoice
          resources={resources}
          value={offering ?? ''}
          onChange={(value) => change({ offering: value })}
        />
      </div>
      {shown.length === 0 ? (
        <p className="empty">{t('nothing.found')}</p>
      ) : (
        <VirtualTable
          label={t('nav.resources')}
          rows={shown}
          columns={columns}
          keyOf={({ uuid }) => uuid}
          sort={sort}
          onSort={(next) => change({ sort: next })}
        />
      )}
    </>
  );
}

function useColumns(): readonly Column<ResourceLineShape>[] {
  const { t } = useText();
  return useMemo(() => [...mainColumns(t), ...wideColumns(t)], [t]);
}

function mainColumns(t: Translate): readonly Column<ResourceLineShape>[] {
  return [
    {
      key: 'name',
      title: t('name'),
      width: 'minmax(7rem, 2fr)',
      isSortable: true,
      cell: ({ uuid, name, account }) => (
        <Link to="/resources/$resource" params={{ resource: uuid }} title={account}>
          {name === '' ? uuid : name}
        </Link>
      ),
    },
    {
      key: 'usage',
      title: t('resources.usage'),
      width: 'minmax(9rem, 2fr)',
      isSortable: true,
      cell: (line) => <Usage line={line} />,
    },
  ];
}

function wideColumns(t: Translate): readonly Column<ResourceLineShape>[] {
  const columns: readonly Column<ResourceLineShape>[] = [
    {
      key: 'trend',
      title: t('resources.trend'),
      width: '5rem',
      cell: ({ trend }) => <Sparkline values={trend} label={t('resources.trend')} />,
    },
    {
      key: 'finding',
      title: t('state'),
      width: 'minmax(7rem, 1fr)',
      isSortable: true,
      cell: (line) => <FindingStatus line={line} />,
    },
    {
      key: 'project',
      title: t('resource.project'),
      width: 'minmax(6rem, 1.2fr)',
      isSortable: true,
      cell: ({ customer, project }) => `${customer} / ${project}`,
    },
    { key: 'keys', title: t('resources.keys'), width: '6rem', isNumber: true, cell: ({ keys }) => keys },
    {
      key: 'seen',
      title: t('resources.seen'),
      width: '8rem',
      isSortable: true,
      cell: ({ seenAt }) => <When at={seenAt} />,
    },
  ];
  return columns.map((column) => ({ ...column, isWide: true }));
}

const TONES: Readonly<Record<string, Tone>> = {
  'in-step': 'ok',
  drift: 'warning',
  pending: 'busy',
  missing: 'failed',
  faulty: 'failed',
  unreadable: 'warning',
};

export function FindingStatus({ line }: { readonly line: Pick<ResourceLineShape, 'finding' | 'suspended'> }) {
  const { t, word } = useText();
  return (
    <Status tone={TONES[line.finding] ?? 'quiet'}>
      {word('finding', line.finding)}
      {line.suspended ? `, ${t('resource.suspended')}` : ''}
    </Status>
  );
}

function OfferingChoice({
  resources,
  value,
  onChange,
}: {
  readonly resources: readonly ResourceLineShape[];
  readonly value: string;
  readonly onChange: (value: string) => void;
}) {
  const { t } = useText();
  const names = useMemo(() => [...new Map(resources.map((line) => [line.offering, line.offeringName]))], [resources]);
  if (names.length < 2) return null;
  return (
    <label className="search">
      {t('offering')}
      <select value={value} onChange={(event) => onChange(event.currentTarget.value)}>
        <option value="">{t('all')}</option>
        {names.map(([uuid, name]) => (
          <option key={uuid} value={uuid}>
            {name}
          </option>
        ))}
      </select>
    </label>
  );
}

function textOf({ name, account, customer, project, uuid }: ResourceLineShape): string {
  return `${name} ${account} ${customer} ${project} ${uuid}`.toLowerCase();
}

/** Without a limit there is nothing to be full of: such resources come after all others, by size. */
function sortKey(line: ResourceLineShape, key: string): string | number {
  switch (key) {
    case 'usage':
      return shareOf(line) ?? -1 / (1 + Number(line.usedBytes ?? 0));
    case 'finding':
      return line.finding;
    case 'project':
      return `${line.customer} ${line.project}`.toLowerCase();
    case 'seen':
      return line.seenAt;
    default:
      return line.name.toLowerCase();
  }
}
