import { Button } from '@mantine/core';
import { useText } from '../text/text.tsx';
import { PageHead } from './page-head.tsx';

/** Instead of a page that fails while it is drawn, or whose code is not there any more. */
export function Broken() {
  const { t } = useText();
  return (
    <PageHead title={t('broken.title')} intro={t('broken.text')}>
      <Button size="xs" onClick={() => window.location.reload()}>
        {t('failed.again')}
      </Button>
    </PageHead>
  );
}
