import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { send } from '../api.ts';
import { useText } from '../text/text.tsx';
import { Notice } from './loaded.tsx';

type Action = 'report' | 'reconcile' | 'check';

/** The buttons that make the agent do now what it does by itself later. None of them changes what the storage is to be. */
export function StartNow({ actions, offering }: { readonly actions: readonly Action[]; readonly offering?: string }) {
  const { t } = useText();
  const client = useQueryClient();
  const start = useMutation({
    mutationFn: (action: Action) =>
      send('POST', `v1/now/${action}${offering === undefined ? '' : `?offering=${offering}`}`),
    onSettled: () => client.invalidateQueries(),
  });
  return (
    <div className="page-actions">
      {actions.map((action) => (
        <Button
          key={action}
          size="xs"
          variant="default"
          loading={start.isPending && start.variables === action}
          onClick={() => start.mutate(action)}
        >
          {t(`now.${action}`)}
        </Button>
      ))}
      {start.isSuccess && <span role="status">{t('now.started')}</span>}
      {start.isError && <Notice kind="failed">{start.error.message}</Notice>}
    </div>
  );
}
