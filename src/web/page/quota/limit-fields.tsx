import { useId } from 'react';
import { type Key, useText } from '../text/text.tsx';
import { LIMIT_FIELDS, type LimitTexts, limitsOf } from './quota-facts.ts';
import type { LimitsShape, QuotaShape } from './shapes.ts';

const KIB = 1024;

/** The four limits, those of files only where there are any. What they are now stands in the empty fields. */
export function LimitFields({
  texts,
  onChange,
  hasInodes,
  before,
}: {
  readonly texts: LimitTexts;
  readonly onChange: (texts: LimitTexts) => void;
  readonly hasInodes: boolean;
  readonly before: readonly QuotaShape[];
}) {
  const { t } = useText();
  const id = useId();
  const now = before.length === 1 && before[0] !== undefined ? limitsOf(before[0]) : undefined;
  return LIMIT_FIELDS.filter((field) => hasInodes || field.startsWith('block')).map((field) => (
    <p className="form-row" key={field}>
      <label htmlFor={id + field}>{t(labelOf(field))}</label>
      <input
        id={id + field}
        inputMode="decimal"
        autoComplete="off"
        value={texts[field]}
        placeholder={now === undefined ? '' : shownNow(field, now[field])}
        onChange={(event) => onChange({ ...texts, [field]: event.currentTarget.value })}
      />
    </p>
  ));
}

/** Limits in words. */
export function useLimitText(hasInodes: boolean): (limits: LimitsShape) => string {
  const { t, format } = useText();
  return (limits) => {
    const size = (kib: number): string => (kib === 0 ? t('unlimited') : format.bytes(kib * KIB));
    const count = (files: number): string => (files === 0 ? t('unlimited') : format.number(files));
    const space = pair(size, limits.block_soft_limit, limits.block_hard_limit);
    if (!hasInodes) return space;
    return `${space}; ${t('mine.inodes')} ${pair(count, limits.inode_soft_limit, limits.inode_hard_limit)}`;
  };
}

function pair(show: (value: number) => string, soft: number, hard: number): string {
  return soft === hard ? show(hard) : `${show(soft)} / ${show(hard)}`;
}

function labelOf(field: keyof LimitsShape): Key {
  return `device.${field.startsWith('block') ? 'block' : 'inode'}.${field.includes('hard') ? 'hard' : 'soft'}`;
}

function shownNow(field: keyof LimitsShape, value: number): string {
  return String(field.startsWith('block') ? Math.round((value / KIB / KIB) * 1000) / 1000 : value);
}
