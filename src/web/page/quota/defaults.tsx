import { Button } from '@mantine/core';
import { useMutation, useQueries, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { get, send } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { usePageSearch } from '../parts/use-search.ts';
import { useText } from '../text/text.tsx';
import { devicesOf, HOSTS } from './host-queries.ts';
import { LimitFields, useLimitText } from './limit-fields.tsx';
import { changedLimits, hasInodes, type LimitTexts, limitsOf, NO_TEXTS } from './quota-facts.ts';
import type { DeviceShape, LimitsShape } from './shapes.ts';

const NONE: LimitsShape = { block_hard_limit: 0, block_soft_limit: 0, inode_hard_limit: 0, inode_soft_limit: 0 };

export function Defaults() {
  const { t } = useText();
  const query = useQuery(HOSTS);
  return (
    <>
      <PageHead title={t('nav.defaults')} intro={t('defaults.intro')} />
      <Loaded query={query}>{(hosts) => <Choose hosts={hosts.map(({ id }) => id)} />}</Loaded>
    </>
  );
}

/** Devices that can be read, of those hosts that have answered. */
function Choose({ hosts }: { readonly hosts: readonly string[] }) {
  const { t } = useText();
  const id = useId();
  const [{ host, device }, change] = usePageSearch();
  const answers = useQueries({ queries: hosts.map((one) => devicesOf(one)) });
  const all = answers.flatMap(({ data = [] }, index) =>
    data
      .filter(({ unavailable }) => unavailable === undefined)
      .map((one) => ({ host: hosts[index] ?? '', device: one })),
  );
  const isWaiting = answers.some(({ isPending }) => isPending);
  if (all.length === 0 && isWaiting) return <p className="loading">{t('loading')}</p>;
  const chosen = all.find((one) => one.host === host && one.device.name === device) ?? all[0];
  if (chosen === undefined) return <p className="empty">{t('hosts.empty')}</p>;
  const keyOf = (one: (typeof all)[number]): string => `${one.host} ${one.device.name}`;
  return (
    <>
      <p className="search">
        <label htmlFor={id}>{t('device.device')}</label>
        <select
          id={id}
          value={keyOf(chosen)}
          onChange={(event) => {
            const next = all.find((one) => keyOf(one) === event.currentTarget.value);
            if (next !== undefined) change({ host: next.host, device: next.device.name });
          }}
        >
          {all.map((one) => (
            <option key={keyOf(one)} value={keyOf(one)}>
              {t('device.title', { device: one.device.name, host: one.host })}
            </option>
          ))}
        </select>
      </p>
      <Edit key={keyOf(chosen)} host={chosen.host} device={chosen.device} />
    </>
  );
}

function Edit({ host, device }: { readonly host: string; readonly device: DeviceShape }) {
  const { t } = useText();
  const client = useQueryClient();
  const path = `api/quotas/${encodeURIComponent(host)}/default-quota?${new URLSearchParams({ device: device.name })}`;
  const queryKey = ['defaults', host, device.name];
  // The API says null for a device without default limits, and a query may not be undefined.
  const query = useQuery({ queryKey, queryFn: ({ signal }) => get<LimitsShape | null>(path, signal) });
  const [texts, setTexts] = useState<LimitTexts>(NO_TEXTS);
  const [problem, setProblem] = useState<string | undefined>();
  const save = useMutation({
    mutationFn: (limits: LimitsShape) => send('PUT', path, limits),
    onSuccess: async () => {
      setTexts(NO_TEXTS);
      await client.invalidateQueries({ queryKey });
    },
  });
  const submit = (before: LimitsShape): void => {
    const outcome = changedLimits(before, texts);
    setProblem('problem' in outcome ? t(outcome.problem) : undefined);
    if ('limits' in outcome) save.mutate(outcome.limits);
  };
  const limitText = useLimitText(hasInodes(device));
  return (
    <section className="panel">
      <Loaded query={query}>
        {(limits) => (
          <form
            className="form"
            onSubmit={(event) => {
              event.preventDefault();
              submit(limitsOf(limits ?? NONE));
            }}
          >
            <p>{limits === null ? t('defaults.never') : limitText(limitsOf(limits))}</p>
            <p className="quiet">{t('device.edit.help')}</p>
            <LimitFields texts={texts} onChange={setTexts} hasInodes={hasInodes(device)} before={[]} />
            {problem !== undefined && <Notice kind="failed">{problem}</Notice>}
            {save.isError && <Notice kind="failed">{save.error.message}</Notice>}
            {save.isSuccess && <Notice kind="ok">{t('defaults.saved')}</Notice>}
            <Button type="submit" loading={save.isPending}>
              {t('save')}
            </Button>
          </form>
        )}
      </Loaded>
    </section>
  );
}
