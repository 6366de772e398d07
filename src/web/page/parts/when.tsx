import { useNow } from '../now.ts';
import { useText } from '../text/text.tsx';

/** How long ago, with the moment itself on demand. */
export function When({ at }: { readonly at: string | null }) {
  const { t, format } = useText();
  const now = useNow();
  if (at === null) return <>{t('never')}</>;
  const date = new Date(at);
  return (
    <time dateTime={at} title={format.moment(date)}>
      {format.ago(date, now)}
    </time>
  );
}
