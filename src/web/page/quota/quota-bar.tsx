import { useNow } from '../now.ts';
import { Meter } from '../parts/meter.tsx';
import { Status, type Tone } from '../parts/status.tsx';
import { useText } from '../text/text.tsx';
import { factsOf, type Part, type PartFacts, type QuotaState, shareOf, stateOf } from './quota-facts.ts';
import type { QuotaShape } from './shapes.ts';

const TONES: Readonly<Record<QuotaState, Tone>> = { ok: 'ok', warning: 'warning', over: 'failed' };

/** Space or files of one user on one device: a bar, the numbers, how it stands, and what the grace period means. */
export function QuotaBar({ quota, part }: { readonly quota: QuotaShape; readonly part: Part }) {
  const { t } = useText();
  const show = useShow(part);
  const facts = factsOf(quota, part);
  const state = stateOf(facts);
  const text = usageText(facts, show, t('unlimited'), t);
  return (
    <div className="usage">
      <Meter share={shareOf(facts)} soft={softShare(facts)} tone={TONES[state]} label={text} />
      <span className="usage-text">{text}</span>
      {facts.soft !== undefined && facts.soft !== facts.hard && (
        <span className="usage-text quiet">{t('quota.soft', { limit: show(facts.soft) })}</span>
      )}
      <GraceNote facts={facts} part={part} />
    </div>
  );
}

export function QuotaStatus({ state }: { readonly state: QuotaState }) {
  const { t } = useText();
  return <Status tone={TONES[state]}>{t(`quota.${state}`)}</Status>;
}

/** Used and limit in one line. */
export function QuotaLine({ quota, part }: { readonly quota: QuotaShape; readonly part: Part }) {
  const { t } = useText();
  const show = useShow(part);
  const facts = factsOf(quota, part);
  const text = usageText(facts, show, t('unlimited'), t);
  return (
    <div className="usage">
      <Meter share={shareOf(facts)} soft={softShare(facts)} tone={TONES[stateOf(facts)]} label={text} />
      <span className="usage-text">{text}</span>
    </div>
  );
}

function GraceNote({ facts, part }: { readonly facts: PartFacts; readonly part: Part }) {
  const { t, format } = useText();
  const now = useNow();
  const show = useShow(part);
  const { graceEnd, soft } = facts;
  if (graceEnd === undefined || soft === undefined || stateOf(facts) === 'ok') return null;
  const isOver = graceEnd <= now;
  return (
    <p className={isOver ? 'grace over' : 'grace'}>
      {isOver
        ? t('quota.grace.over', { limit: show(soft) })
        : t('quota.grace.left', { when: format.ago(graceEnd, now), limit: show(soft) })}
    </p>
  );
}

function softShare({ hard, soft }: PartFacts): number | undefined {
  return hard === undefined || soft === undefined ? undefined : soft / hard;
}

function useShow(part: Part): (value: number) => string {
  const { format } = useText();
  return part === 'block' ? format.bytes : format.number;
}

function usageText(
  { used, hard, soft }: PartFacts,
  show: (value: number) => string,
  unlimited: string,
  t: ReturnType<typeof useText>['t'],
): string {
  const limit = hard ?? soft;
  return t('used.of', { used: show(used), limit: limit === undefined ? unlimited : show(limit) });
}
