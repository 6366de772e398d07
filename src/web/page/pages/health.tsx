import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import type { ChecksShape } from '../../api/shapes.ts';
import { get } from '../api.ts';
import { Loaded } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { When } from '../parts/when.tsx';
import { useText } from '../text/text.tsx';

type Finding = ChecksShape['offerings'][number]['findings'][number];

const TONES: Readonly<Record<Finding['status'], Tone>> = {
  ok: 'ok',
  warning: 'warning',
  failed: 'failed',
  skipped: 'quiet',
};

export function Health() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['health'],
    queryFn: ({ signal }) => get<ChecksShape>('v1/health', signal),
    staleTime: 60_000,
  });
  return (
    <>
      <PageHead title={t('nav.health')} intro={t('health.intro')}>
        <Button size="xs" variant="default" loading={query.isFetching} onClick={() => void query.refetch()}>
          {t('now.check')}
        </Button>
      </PageHead>
      <Loaded query={query}>
        {({ at, offerings }) => (
          <>
            {offerings.map(({ name, findings }) => (
              <section key={name} className="panel" aria-label={name}>
                <div className="panel-head">
                  <h2>{name}</h2>
                  <When at={at} />
                </div>
                <ul className="plain-list findings">
                  {findings.map((finding) => (
                    <Line key={`${finding.name} ${finding.detail}`} finding={finding} />
                  ))}
                </ul>
              </section>
            ))}
          </>
        )}
      </Loaded>
    </>
  );
}

function Line({ finding: { name, status, detail, hint } }: { readonly finding: Finding }) {
  const { t } = useText();
  return (
    <li className="finding">
      <Status tone={TONES[status]}>{t(`check.${status}`)}</Status>
      <div lang="en">
        <strong>{name}</strong>: {detail}
        {hint !== null && <span className="hint quiet">{hint}</span>}
      </div>
    </li>
  );
}
