import { createContext, type ReactNode, useCallback, useContext, useEffect, useMemo, useState } from 'react';
import { type Language, languageOf, type Units } from './text/language.ts';

export type Scheme = 'light' | 'dark';

/** What a person chose, kept in the browser; what was not chosen follows the browser. */
export interface Settings {
  readonly language: Language;
  readonly units: Units;
  readonly scheme: Scheme;
  choose(change: Partial<Pick<Settings, 'language' | 'units' | 'scheme'>>): void;
}

const Context = createContext<Settings | undefined>(undefined);
const KEY = 'waldur-storage-agent';

export function SettingsProvider({ children }: { readonly children: ReactNode }) {
  const [chosen, setChosen] = useState(readChoice);
  const isDark = useMedia('(prefers-color-scheme: dark)');
  const choose = useCallback<Settings['choose']>((change) => {
    setChosen((before) => {
      const after = { ...before, ...change };
      keepChoice(after);
      return after;
    });
  }, []);
  const settings = useMemo<Settings>(
    () => ({
      language: chosen.language ?? languageOf(navigator.languages),
      units: chosen.units ?? 'binary',
      scheme: chosen.scheme ?? (isDark ? 'dark' : 'light'),
      choose,
    }),
    [chosen, isDark, choose],
  );
  useEffect(() => {
    document.documentElement.lang = settings.language;
  }, [settings.language]);
  return <Context value={settings}>{children}</Context>;
}

export function useSettings(): Settings {
  const settings = useContext(Context);
  if (settings === undefined) throw new Error('outside of SettingsProvider');
  return settings;
}

type Choice = Partial<Pick<Settings, 'language' | 'units' | 'scheme'>>;

function readChoice(): Choice {
  try {
    const value: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    const { language, units, scheme } = (typeof value === 'object' && value !== null ? value : {}) as Choice;
    return {
      ...(language === 'de' || language === 'en' ? { language } : {}),
      ...(units === 'binary' || units === 'decimal' ? { units } : {}),
      ...(scheme === 'dark' || scheme === 'light' ? { scheme } : {}),
    };
  } catch {
    return {};
  }
}

/** Private windows may refuse: the choice then holds until the page is closed. */
function keepChoice(choice: Choice): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(choice));
  } catch {
    // Nothing depends on it.
  }
}

function useMedia(query: string): boolean {
  const [matches, setMatches] = useState(() => matchMedia(query).matches);
  useEffect(() => {
    const list = matchMedia(query);
    const follow = (): void => setMatches(list.matches);
    list.addEventListener('change', follow);
    return () => list.removeEventListener('change', follow);
  }, [query]);
  return matches;
}
