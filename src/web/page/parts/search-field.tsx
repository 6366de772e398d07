import { useId } from 'react';
import { useText } from '../text/text.tsx';

/** A search with the number of what it found. */
export function SearchField({
  value,
  onChange,
  shown,
  all,
}: {
  readonly value: string;
  readonly onChange: (value: string) => void;
  readonly shown: number;
  readonly all: number;
}) {
  const { t, format } = useText();
  const id = useId();
  return (
    <search className="search">
      <label htmlFor={id}>{t('search')}</label>
      <input id={id} type="search" value={value} onChange={(event) => onChange(event.currentTarget.value)} />
      <span role="status" className="quiet">
        {t('search.count', { shown: format.number(shown), all: format.number(all) })}
      </span>
    </search>
  );
}
