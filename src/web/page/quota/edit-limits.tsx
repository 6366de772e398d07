import { Button } from '@mantine/core';
import { useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { send } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Notice } from '../parts/loaded.tsx';
import { useText } from '../text/text.tsx';
import { LimitFields, useLimitText } from './limit-fields.tsx';
import { changedLimits, hasInodes, type LimitTexts, limitsOf, NO_TEXTS, sameLimits } from './quota-facts.ts';
import type { DeviceShape, LimitsShape, QuotaShape } from './shapes.ts';

interface Change {
  readonly quota: QuotaShape;
  readonly limits: LimitsShape;
}

type Step =
  | { readonly kind: 'type' }
  | { readonly kind: 'review'; readonly changes: readonly Change[] }
  | { readonly kind: 'set'; readonly done: number; readonly all: number }
  | { readonly kind: 'end'; readonly done: number; readonly failed: readonly string[] };

/** Limits of one user or many: typed, then shown before and after, then set. */
export function EditLimits({
  host,
  device,
  quotas,
  onClose,
}: {
  readonly host: string;
  readonly device: DeviceShape;
  readonly quotas: readonly QuotaShape[];
  readonly onClose: () => void;
}) {
  const { t, format } = useText();
  const client = useQueryClient();
  const [texts, setTexts] = useState<LimitTexts>(NO_TEXTS);
  const [problem, setProblem] = useState<string | undefined>();
  const [step, setStep] = useState<Step>({ kind: 'type' });

  function review(): void {
    const outcome = planChanges(quotas, texts);
    const isNothing = 'changes' in outcome && outcome.changes.length === 0;
    setProblem('problem' in outcome ? t(outcome.problem) : isNothing ? t('error.nothing') : undefined);
    if ('changes' in outcome && !isNothing) setStep({ kind: 'review', changes: outcome.changes });
  }

  async function confirm(changes: readonly Change[]): Promise<void> {
    const failed: string[] = [];
    for (const [done, change] of changes.entries()) {
      setStep({ kind: 'set', done, all: changes.length });
      await setLimits(host, device, change).catch((error: unknown) => {
        failed.push(`${change.quota.name}: ${error instanceof Error ? error.message : String(error)}`);
      });
    }
    await client.invalidateQueries();
    setStep({ kind: 'end', done: changes.length - failed.length, failed });
  }

  const title =
    quotas.length === 1
      ? `${t('device.edit')}: ${quotas[0]?.name}`
      : t('device.edit.many', { count: format.number(quotas.length) });
  return (
    <Dialog title={title} onClose={onClose}>
      {step.kind === 'type' && (
        <form
          className="form"
          onSubmit={(event) => {
            event.preventDefault();
            review();
          }}
        >
          <p className="quiet">{t('device.edit.help')}</p>
          <LimitFields texts={texts} onChange={setTexts} hasInodes={hasInodes(device)} before={quotas} />
          {problem !== undefined && <Notice kind="failed">{problem}</Notice>}
          <div className="page-actions">
            <Button type="submit">{t('device.review')}</Button>
            <Button variant="default" onClick={onClose}>
              {t('cancel')}
            </Button>
          </div>
        </form>
      )}
      {step.kind === 'review' && (
        <Review
          changes={step.changes}
          hasInodes={hasInodes(device)}
          onBack={() => setStep({ kind: 'type' })}
          onConfirm={() => void confirm(step.changes)}
        />
      )}
      {step.kind === 'set' && <p role="status">{t('device.setting', { done: step.done, all: step.all })}</p>}
      {step.kind === 'end' && <End {...step} onClose={onClose} />}
    </Dialog>
  );
}

function planChanges(quotas: readonly QuotaShape[], texts: LimitTexts) {
  const changes: Change[] = [];
  for (const quota of quotas) {
    const outcome = changedLimits(limitsOf(quota), texts);
    if ('problem' in outcome) return { problem: outcome.problem };
    if (!sameLimits(limitsOf(quota), outcome.limits)) changes.push({ quota, limits: outcome.limits });
  }
  return { changes };
}

/** A host keeps what a body leaves out, but not every host of another make: all four are sent. */
function setLimits(host: string, device: DeviceShape, { quota, limits }: Change): Promise<unknown> {
  const query = new URLSearchParams({ device: device.name });
  return send('PUT', `api/quotas/${encodeURIComponent(host)}/users/${quota.uid}?${query}`, limits);
}

const MOST_LISTED = 50;

function Review({
  changes,
  hasInodes: withInodes,
  onBack,
  onConfirm,
}: {
  readonly changes: readonly Change[];
  readonly hasInodes: boolean;
  readonly onBack: () => void;
  readonly onConfirm: () => void;
}) {
  const { t } = useText();
  const limitText = useLimitText(withInodes);
  return (
    <>
      {/* biome-ignore lint/a11y/noNoninteractiveTabindex: who has no mouse scrolls it with the keyboard */}
      <section className="scroll" tabIndex={0} aria-label={t('device.review')}>
        <table className="plain-table">
          <thead>
            <tr>
              <th scope="col">{t('device.user')}</th>
              <th scope="col">{t('device.before')}</th>
              <th scope="col">{t('device.after')}</th>
            </tr>
          </thead>
          <tbody>
            {changes.slice(0, MOST_LISTED).map(({ quota, limits }) => (
              <tr key={quota.uid}>
                <th scope="row">{quota.name}</th>
                <td>{limitText(limitsOf(quota))}</td>
                <td>
                  <strong>{limitText(limits)}</strong>
                </td>
              </tr>
            ))}
          </tbody>
        </table>
        {changes.length > MOST_LISTED && <p>{t('search.count', { shown: MOST_LISTED, all: changes.length })}</p>}
      </section>
      <div className="page-actions">
        <Button onClick={onConfirm}>{t('device.confirm')}</Button>
        <Button variant="default" onClick={onBack}>
          {t('device.back')}
        </Button>
      </div>
    </>
  );
}

function End({
  done,
  failed,
  onClose,
}: {
  readonly done: number;
  readonly failed: readonly string[];
  readonly onClose: () => void;
}) {
  const { t } = useText();
  return (
    <>
      {done > 0 && <Notice kind="ok">{t('device.set', { count: done })}</Notice>}
      {failed.length > 0 && (
        <Notice kind="failed">
          {t('device.failed', { count: failed.length })}
          <ul>
            {failed.slice(0, MOST_LISTED).map((line) => (
              <li key={line}>{line}</li>
            ))}
          </ul>
        </Notice>
      )}
      <Button onClick={onClose}>{t('device.back')}</Button>
    </>
  );
}
