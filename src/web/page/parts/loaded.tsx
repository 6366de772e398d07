import { Button, Loader } from '@mantine/core';
import type { ReactNode } from 'react';
import { ApiFailure } from '../api.ts';
import { useText } from '../text/text.tsx';

/** A query, of one page or of many. */
interface Query<T> {
  readonly data: T | undefined;
  readonly error: Error | null;
  refetch(): unknown;
}

/**
 * Shows what was loaded, that it is being loaded, or why it could not be. What was loaded before stays on the page when
 * the next answer fails, with a line that says so.
 */
export function Loaded<T>({
  query,
  children,
}: {
  readonly query: Query<T>;
  readonly children: (data: T) => ReactNode;
}) {
  const { t } = useText();
  if (query.data !== undefined) {
    return (
      <>
        {query.error !== null && <Notice kind="warning">{t('failed.offline')}</Notice>}
        {children(query.data)}
      </>
    );
  }
  if (query.error !== null) return <Failed error={query.error} retry={() => void query.refetch()} />;
  return (
    <div className="loading" role="status">
      <Loader size="sm" aria-hidden="true" /> {t('loading')}
    </div>
  );
}

export function Failed({ error, retry }: { readonly error: Error; readonly retry?: () => void }) {
  const { t } = useText();
  const status = error instanceof ApiFailure ? error.status : 0;
  if (status === 401) return <Notice kind="warning">{t('login.needed')}</Notice>;
  if (status === 403) return <Notice kind="warning">{t('role.needed')}</Notice>;
  if (status === 404) return <Notice kind="warning">{t('not.known')}</Notice>;
  return (
    <Notice kind="failed">
      <strong>{t('failed.title')}</strong>: {error.message}
      {error instanceof ApiFailure && error.hint !== undefined && <span className="hint">{error.hint}</span>}
      {retry !== undefined && (
        <Button size="xs" variant="default" onClick={retry}>
          {t('failed.again')}
        </Button>
      )}
    </Notice>
  );
}

/** A message; told at once to those who do not see it. */
export function Notice({
  kind,
  children,
}: {
  readonly kind: 'ok' | 'warning' | 'failed' | 'plain';
  readonly children: ReactNode;
}) {
  return (
    <div className={`notice ${kind}`} role={kind === 'failed' ? 'alert' : 'status'}>
      {children}
    </div>
  );
}
