import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { DryLineShape, DryReportShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Failure } from '../parts/failure.tsx';
import { Loaded } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { StartNow } from '../parts/start-now.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { type Column, VirtualTable } from '../parts/virtual-table.tsx';
import { useText } from '../text/text.tsx';

type OfferingReport = DryReportShape['offerings'][number];

export function DryReport() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['dry-report'],
    queryFn: ({ signal }) => get<DryReportShape>('v1/dry-report', signal),
    staleTime: 60_000,
  });
  return (
    <>
      <PageHead title={t('nav.report')} intro={t('report.intro')}>
        <Button size="xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('refresh.now')}
        </Button>
        <StartNow actions={['report']} />
      </PageHead>
      <Loaded query={query}>
        {({ offerings }) => offerings.map((report) => <Offering key={report.name} report={report} />)}
      </Loaded>
    </>
  );
}

function Offering({ report: { name, error, lines, summary } }: { readonly report: OfferingReport }) {
  const { t } = useText();
  return (
    <section className="panel" aria-label={name}>
      <h2>{name}</h2>
      <Failure error={error} />
      {summary !== null && <p className="quiet">{t('offering.report.value', summary)}</p>}
      {lines.length === 0 ? <p>{t('report.none')}</p> : <Lines lines={lines} label={name} />}
    </section>
  );
}

const TONES: Readonly<Record<string, Tone>> = {
  new: 'ok',
  changed: 'ok',
  unchanged: 'quiet',
  guarded: 'warning',
  unreadable: 'failed',
  lost: 'failed',
};

function Lines({ lines, label }: { readonly lines: readonly DryLineShape[]; readonly label: string }) {
  const { t, word } = useText();
  const columns: readonly Column<DryLineShape>[] = [
    { key: 'period', title: t('report.month'), width: '5.5rem', isWide: true, cell: ({ period }) => period },
    {
      key: 'name',
      title: t('order.resource'),
      width: 'minmax(6rem, 2fr)',
      cell: ({ name, account }) => <span title={account}>{name}</span>,
    },
    { key: 'component', title: t('report.component'), width: 'minmax(6rem, 1fr)', cell: ({ component }) => component },
    {
      key: 'recorded',
      title: t('report.recorded'),
      width: '7rem',
      isWide: true,
      isNumber: true,
      cell: ({ recorded }) => recorded ?? '–',
    },
    {
      key: 'measured',
      title: t('report.measured'),
      width: '7rem',
      isNumber: true,
      cell: ({ measured, unit }) => (measured === null ? '–' : `${measured} ${unit ?? ''}`),
    },
    {
      key: 'status',
      title: t('state'),
      width: 'minmax(8rem, 1.5fr)',
      isWide: true,
      cell: ({ status }) => <Status tone={TONES[status] ?? 'quiet'}>{word('line', status)}</Status>,
    },
  ];
  return (
    <VirtualTable
      label={label}
      rows={lines}
      columns={columns}
      keyOf={({ resource, component, period }) => `${period} ${resource} ${component}`}
    />
  );
}
