import { type ReactNode, useEffect } from 'react';
import { useText } from '../text/text.tsx';

/** The title of a page, which is also that of the window, with what can be done on it. */
export function PageHead({
  title,
  intro,
  children,
}: {
  readonly title: string;
  readonly intro?: string | undefined;
  readonly children?: ReactNode;
}) {
  const { t } = useText();
  useEffect(() => {
    document.title = `${title} · ${t('title')}`;
  }, [title, t]);
  return (
    <header className="page-head">
      <div>
        <h1>{title}</h1>
        {intro !== undefined && <p className="intro">{intro}</p>}
      </div>
      {children !== undefined && <div className="page-actions">{children}</div>}
    </header>
  );
}
