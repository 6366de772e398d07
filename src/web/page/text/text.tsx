import { createContext, type ReactNode, useContext, useEffect, useMemo, useState } from 'react';
import { useSettings } from '../settings.tsx';
import { en, type Words } from './en.ts';
import { fill } from './fill.ts';
import { createFormat, type Format } from './format.ts';
import type { Language } from './language.ts';
import { wordFor } from './word.ts';

export type Key = keyof Words;
/** The text of a key, with `{name}` replaced. */
export type Translate = (key: Key, values?: Readonly<Record<string, string | number>>) => string;

/** The text of a value that comes from elsewhere, by its group; the value itself where there is none. */
export type Word = (group: 'type' | 'status' | 'finding' | 'line' | 'event', value: string) => string;

interface Text {
  readonly t: Translate;
  readonly word: Word;
  readonly format: Format;
}

const Context = createContext<Text | undefined>(undefined);

/** Texts of the chosen language. English is always there; another language is loaded when it is asked for. */
export function TextProvider({ children }: { readonly children: ReactNode }) {
  const { language, units } = useSettings();
  const words = useWords(language);
  const text = useMemo<Text>(
    () => ({
      t: (key, values = {}) => fill(words[key], values),
      word: (group, value) => wordFor(words, group, value),
      format: createFormat(language, units),
    }),
    [words, language, units],
  );
  return <Context value={text}>{children}</Context>;
}

export function useText(): Text {
  const text = useContext(Context);
  if (text === undefined) throw new Error('outside of TextProvider');
  return text;
}

function useWords(language: Language): Words {
  const [loaded, setLoaded] = useState<Words | undefined>();
  useEffect(() => {
    let isWanted = true;
    if (language === 'de') {
      void import('./de.ts').then(({ de }) => {
        if (isWanted) setLoaded(de);
      });
    }
    return () => {
      isWanted = false;
    };
  }, [language]);
  return language === 'de' && loaded !== undefined ? loaded : en;
}
