import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId } from 'react';
import { get, send } from '../api.ts';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { textIn } from '../parts/text-in.ts';
import { When } from '../parts/when.tsx';
import { useText } from '../text/text.tsx';
import type { Aggregate, ReviewShape } from './shapes.ts';

/** Containers, images and volumes whose owner a person should decide, with what is known about each. */
export function DockerReview() {
  const { t } = useText();
  const query = useQuery({
    queryKey: ['docker-review'],
    queryFn: ({ signal }) => get<Aggregate<readonly ReviewShape[]>>('api/admin/docker/usage/review-queue', signal),
    refetchInterval: 30_000,
  });
  return (
    <>
      <PageHead title={t('nav.docker')} intro={t('docker.intro')} />
      <Loaded query={query}>
        {(hosts) =>
          Object.entries(hosts).map(([host, answer]) => (
            <section key={host} className="panel" aria-label={host}>
              <h2>{host}</h2>
              {'error' in answer ? (
                <p className="quiet" lang="en">
                  {answer.error.msg}
                </p>
              ) : (
                <Queue host={host} items={answer.results} />
              )}
            </section>
          ))
        }
      </Loaded>
    </>
  );
}

function Queue({ host, items }: { readonly host: string; readonly items: readonly ReviewShape[] }) {
  const { t } = useText();
  if (items.length === 0) return <p className="quiet">{t('docker.none')}</p>;
  return (
    <ul className="plain-list">
      {items.map((item) => (
        <Item key={`${item.kind} ${item.id}`} host={host} item={item} />
      ))}
    </ul>
  );
}

function Item({ host, item }: { readonly host: string; readonly item: ReviewShape }) {
  const { t, format } = useText();
  const { kind, name, id, size_bytes: size, label, conflict, evidence, reason } = item;
  return (
    <li className="entry">
      <strong>
        {t(`docker.kind.${kind}`)} {name === '' ? id.slice(0, 12) : name}
      </strong>{' '}
      <span className="quiet">{size === null ? t('unknown') : format.bytes(size)}</span>
      <dl className="facts">
        <dt>{t('docker.reason')}</dt>
        <dd lang="en">{reason}</dd>
        <dt>{t('docker.owner')}</dt>
        <dd>{item.host_user_name ?? t('unknown')}</dd>
        {label !== null && (
          <>
            <dt>{t('docker.label')}</dt>
            <dd>
              <code>{label}</code>
            </dd>
          </>
        )}
        {conflict !== null && (
          <>
            <dt>{t('docker.conflict')}</dt>
            <dd lang="en">{conflict}</dd>
          </>
        )}
        {evidence !== null && (
          <>
            <dt>{t('docker.evidence')}</dt>
            <dd>
              <code>{evidence.text}</code> (uid {evidence.uid}, <When at={new Date(evidence.at * 1000).toISOString()} />
              )
            </dd>
          </>
        )}
      </dl>
      <Assign host={host} item={item} />
    </li>
  );
}

/** A layer belongs to whom its image does. */
function Assign({ host, item }: { readonly host: string; readonly item: ReviewShape }) {
  const { t } = useText();
  const client = useQueryClient();
  const id = useId();
  const target =
    item.kind === 'layer' ? { kind: 'image', id: item.image ?? item.id } : { kind: item.kind, id: item.id };
  const assign = useMutation({
    mutationFn: (user: string) =>
      send('POST', `api/admin/docker/usage/attribute?${new URLSearchParams({ host_id: host })}`, {
        ...target,
        host_user_name: user,
      }),
    onSuccess: () => client.invalidateQueries({ queryKey: ['docker-review'] }),
  });
  return (
    <form
      className="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        assign.mutate(textIn(event.currentTarget, 'user'));
      }}
    >
      <p className="form-row">
        <label htmlFor={id}>{t('mappings.user')}</label>
        <input
          id={id}
          name="user"
          required
          maxLength={255}
          autoComplete="off"
          defaultValue={item.host_user_name ?? ''}
        />
      </p>
      <Button type="submit" size="xs" loading={assign.isPending}>
        {t('docker.assign')}
      </Button>
      {assign.isError && <Notice kind="failed">{assign.error.message}</Notice>}
    </form>
  );
}
