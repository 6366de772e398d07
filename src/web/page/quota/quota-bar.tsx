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
  return (
    <div className="usage">
      <Used facts={facts} part={part} />
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
  return (
    <div className="usage">
      <Used facts={factsOf(quota, part)} part={part} />
    </div>
  );
}

function Used({ facts, part }: { readonly facts: PartFacts; readonly part: Part }) {
  const { t } = useText();
  const show = useShow(part);
  const limit = facts.hard ?? facts.soft;
  const text = t('used.of', { used: show(facts.used), limit: limit === undefined ? t('unlimited') : show(limit) });
  return (
    <>
      <Meter share={shareOf(facts)} soft={softShare(facts)} tone={TONES[stateOf(facts)]} label={text} />
      <span className="usage-text">{text}</span>
    </>
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
