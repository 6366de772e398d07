import { Navigate } from '@tanstack/react-router';
import { ApiFailure } from '../api.ts';
import { useSession } from '../session.ts';
import { useText } from '../text/text.tsx';
import { Failed } from './loaded.tsx';

/** The page that a person begins with. */
export function Home() {
  const { t } = useText();
  const session = useSession();
  if (session === undefined) {
    return (
      <p role="status" className="loading">
        {t('loading')}
      </p>
    );
  }
  if (session.isOperator) return <Navigate to="/overview" replace />;
  if (session.name === undefined) return <Failed error={new ApiFailure(401, t('login.needed'))} />;
  return <Navigate to="/mine" replace />;
}
