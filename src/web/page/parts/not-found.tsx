import { useText } from '../text/text.tsx';
import { PageHead } from './page-head.tsx';

export function NotFound() {
  const { t } = useText();
  return <PageHead title="404" intro={t('not.found')} />;
}
