import { Button } from '@mantine/core';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { get, send } from '../api.ts';
import { Dialog } from '../parts/dialog.tsx';
import { Loaded, Notice } from '../parts/loaded.tsx';
import { PageHead } from '../parts/page-head.tsx';
import { Status } from '../parts/status.tsx';
import { textIn } from '../parts/text-in.ts';
import { useSession } from '../session.ts';
import { useText } from '../text/text.tsx';
import type { MappingShape } from './shapes.ts';

/** People ask for the users that they are; administrators decide, and see everyone's. */
export function Mappings() {
  const { t } = useText();
  const session = useSession();
  const isAdmin = session?.isOperator === true;
  return (
    <>
      <PageHead title={t('nav.mappings')} intro={t('mappings.intro')} />
      {session?.name !== undefined && <Part title={t('mappings.own')} path="api/me/mappings" isAdmin={false} />}
      {isAdmin && <Part title={t('mappings.all')} path="api/admin/mappings" isAdmin />}
    </>
  );
}

function Part({ title, path, isAdmin }: { readonly title: string; readonly path: string; readonly isAdmin: boolean }) {
  const query = useQuery({ queryKey: [path], queryFn: ({ signal }) => get<readonly MappingShape[]>(path, signal) });
  return (
    <section className="panel" aria-label={title}>
      <h2>{title}</h2>
      <Loaded query={query}>{(all) => <List all={all} path={path} isAdmin={isAdmin} />}</Loaded>
      <Add path={path} isAdmin={isAdmin} />
    </section>
  );
}

function List({
  all,
  path,
  isAdmin,
}: {
  readonly all: readonly MappingShape[];
  readonly path: string;
  readonly isAdmin: boolean;
}) {
  const { t } = useText();
  const client = useQueryClient();
  const [removing, setRemoving] = useState<MappingShape | undefined>();
  const change = useMutation({
    mutationFn: ({ method, to, body }: { method: 'POST' | 'DELETE'; to: string; body: MappingShape }) =>
      send(method, to, keyOf(body)),
    onSettled: () => client.invalidateQueries(),
  });
  if (all.length === 0) return <p className="empty">{t('mappings.empty')}</p>;
  return (
    <>
      {change.isError && <Notice kind="failed">{change.error.message}</Notice>}
      <ul className="plain-list">
        {all.map((mapping) => (
          <li key={JSON.stringify(keyOf(mapping))} className="entry mapping">
            <span>
              {isAdmin && <strong>{mapping.oauth_user_name} </strong>}
              {t('mine.host', { user: mapping.host_user_name, host: mapping.host_id })}
            </span>
            <MappingState mapping={mapping} />
            {isAdmin && mapping.state === 'waiting' && (
              <Button
                size="xs"
                onClick={() => change.mutate({ method: 'POST', to: 'api/admin/mappings/approve', body: mapping })}
              >
                {t('mappings.approve')}
              </Button>
            )}
            {mapping.proof !== 'claim' && (
              <Button size="xs" variant="default" onClick={() => setRemoving(mapping)}>
                {t('remove')}
              </Button>
            )}
          </li>
        ))}
      </ul>
      {removing !== undefined && (
        <Dialog title={t('remove')} onClose={() => setRemoving(undefined)}>
          <p>
            {t('mappings.remove.ask', {
              person: removing.oauth_user_name,
              user: removing.host_user_name,
              host: removing.host_id,
            })}
          </p>
          <div className="page-actions">
            <Button
              onClick={() => {
                change.mutate({ method: 'DELETE', to: path, body: removing });
                setRemoving(undefined);
              }}
            >
              {t('remove')}
            </Button>
            <Button variant="default" onClick={() => setRemoving(undefined)}>
              {t('cancel')}
            </Button>
          </div>
        </Dialog>
      )}
    </>
  );
}

function MappingState({ mapping: { state } }: { readonly mapping: MappingShape }) {
  const { t } = useText();
  if (state === 'waiting') return <Status tone="warning">{t('mappings.pending')}</Status>;
  if (state === 'rejected') return <Status tone="failed">{t('status.rejected')}</Status>;
  return <Status tone="ok">{t('mappings.approved')}</Status>;
}

function Add({ path, isAdmin }: { readonly path: string; readonly isAdmin: boolean }) {
  const { t } = useText();
  const client = useQueryClient();
  const names = [...(isAdmin ? ['oauth_user_name'] : []), 'host_id', 'host_user_name'];
  const add = useMutation({
    mutationFn: (body: Record<string, string>) => send('POST', path, body),
    onSuccess: () => client.invalidateQueries(),
  });
  return (
    <form
      className="inline-form"
      onSubmit={(event) => {
        event.preventDefault();
        const form = event.currentTarget;
        add.mutate(Object.fromEntries(names.map((name) => [name, textIn(form, name)])), {
          onSuccess: () => form.reset(),
        });
      }}
    >
      {isAdmin && <Field name="oauth_user_name" label={t('mappings.person')} />}
      <Field name="host_id" label={t('device.host')} />
      <Field name="host_user_name" label={t('mappings.user')} />
      <Button type="submit" size="xs" loading={add.isPending}>
        {t(isAdmin ? 'mappings.add' : 'mappings.ask')}
      </Button>
      {add.isError && <Notice kind="failed">{add.error.message}</Notice>}
      {add.isSuccess && !isAdmin && <Notice kind="ok">{t('mappings.asked')}</Notice>}
    </form>
  );
}

function Field({ name, label }: { readonly name: string; readonly label: string }) {
  const id = useId();
  return (
    <p className="form-row">
      <label htmlFor={id}>{label}</label>
      <input id={id} name={name} required maxLength={255} autoComplete="off" />
    </p>
  );
}

function keyOf({ oauth_user_name, host_id, host_user_name }: MappingShape) {
  return { oauth_user_name, host_id, host_user_name };
}
