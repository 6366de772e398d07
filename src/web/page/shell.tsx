import { Button } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useId, useRef, useState } from 'react';
import { PAGES, ROOT, send } from './api.ts';
import { useLive } from './live.ts';
import { Choice } from './parts/choice.tsx';
import { type Session, useSession } from './session.ts';
import { useSettings } from './settings.tsx';
import { type Key, useText } from './text/text.tsx';

interface Entry {
  readonly to: string;
  readonly text: Key;
  readonly operator?: boolean;
}

const OPERATION: readonly Entry[] = [
  { to: '/overview', text: 'nav.overview' },
  { to: '/orders', text: 'nav.orders' },
  { to: '/resources', text: 'nav.resources' },
  { to: '/plan', text: 'nav.plan' },
  { to: '/report', text: 'nav.report' },
  { to: '/health', text: 'nav.health' },
];

const QUOTAS: readonly Entry[] = [
  { to: '/mine', text: 'nav.mine' },
  { to: '/hosts', text: 'nav.hosts', operator: true },
  { to: '/defaults', text: 'nav.defaults', operator: true },
  { to: '/docker', text: 'nav.docker', operator: true },
  { to: '/notifications', text: 'nav.notifications', operator: true },
  { to: '/mappings', text: 'nav.mappings' },
];

/** What is around every page: the way to the others, who is logged in, and what a person chose. */
export function Shell() {
  const { t } = useText();
  const session = useSession();
  const { pathname } = useLocation();
  const [isOpen, setOpen] = useState(false);
  const main = useRef<HTMLElement>(null);
  const menu = useId();
  useLive(session?.isOperator === true);
  // biome-ignore lint/correctness/useExhaustiveDependencies: a new page closes the menu
  useEffect(() => setOpen(false), [pathname]);
  return (
    <div className="shell">
      <button type="button" className="skip" onClick={() => main.current?.focus()}>
        {t('skip')}
      </button>
      <header className="top">
        <button
          type="button"
          className="menu-button"
          aria-expanded={isOpen}
          aria-controls={menu}
          onClick={() => setOpen(!isOpen)}
        >
          <span aria-hidden="true">☰</span>
          <span className="hidden-text">{t('menu')}</span>
        </button>
        <Link to="/" className="brand">
          {t('title')}
        </Link>
        <Account session={session} />
      </header>
      <nav id={menu} className={isOpen ? 'side open' : 'side'} aria-label={t('menu')}>
        {session?.isOperator !== false && <Links title={t('operator')} entries={OPERATION} />}
        {session?.hasQuotas === true && (
          <Links
            title={t('quotas')}
            entries={QUOTAS.filter(({ operator }) => operator !== true || session.isOperator)}
          />
        )}
        <Choices />
      </nav>
      <main id="content" className="content" ref={main} tabIndex={-1}>
        <Outlet />
      </main>
    </div>
  );
}

function Links({ title, entries }: { readonly title: string; readonly entries: readonly Entry[] }) {
  const { t } = useText();
  return (
    <section className="links">
      <h2>{title}</h2>
      <ul>
        {entries.map(({ to, text }) => (
          <li key={to}>
            <Link to={to} className="link" activeProps={{ className: 'link active', 'aria-current': 'page' }}>
              {t(text)}
            </Link>
          </li>
        ))}
      </ul>
    </section>
  );
}

function Choices() {
  const { t } = useText();
  const { scheme, language, units, choose } = useSettings();
  return (
    <div className="choices">
      <Choice
        label={t('set.theme')}
        value={scheme}
        options={[
          ['light', t('set.light')],
          ['dark', t('set.dark')],
        ]}
        onChange={(value) => choose({ scheme: value })}
      />
      <Choice
        label={t('set.language')}
        value={language}
        options={[
          ['en', 'English'],
          ['de', 'Deutsch'],
        ]}
        onChange={(value) => choose({ language: value })}
      />
      <Choice
        label={t('set.units')}
        value={units}
        options={[
          ['binary', t('set.binary')],
          ['decimal', t('set.decimal')],
        ]}
        onChange={(value) => choose({ units: value })}
      />
    </div>
  );
}

function Account({ session }: { readonly session: Session | undefined }) {
  const { t } = useText();
  const logout = useMutation({
    mutationFn: () => send<{ readonly location: string }>('POST', 'auth/logout', {}),
    onSuccess: ({ location }) => window.location.assign(location),
  });
  if (session === undefined || (!session.hasLogin && session.name === undefined)) return null;
  if (session.name === undefined) {
    return (
      <Button component="a" href={loginUrl()} size="xs" className="account">
        {t('login')}
      </Button>
    );
  }
  return (
    <div className="account">
      <span className="who">{t('logged.in', { name: session.name })}</span>
      <Button size="xs" variant="default" loading={logout.isPending} onClick={() => logout.mutate()}>
        {t('logout')}
      </Button>
    </div>
  );
}

/** Comes back to the page that is shown. */
function loginUrl(): string {
  const { pathname, search } = window.location;
  const login = new URL('auth/login', ROOT);
  login.searchParams.set('to', `/ui${pathname.slice(PAGES.length)}${search}`);
  return login.href;
}
