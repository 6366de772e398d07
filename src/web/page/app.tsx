import { createTheme, MantineProvider } from '@mantine/core';
import { QueryClient, QueryClientProvider } from '@tanstack/react-query';
import { RouterProvider } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiFailure } from './api.ts';
import { createPageRouter } from './router.tsx';
import { SettingsProvider, useSettings } from './settings.tsx';
import { TextProvider } from './text/text.tsx';

const theme = createTheme({ respectReducedMotion: true, cursorType: 'pointer' });

/** A refusal is an answer; only what may pass is asked again. */
function shouldRetry(failures: number, error: unknown): boolean {
  return failures < 2 && !(error instanceof ApiFailure && error.status < 500);
}

export function App() {
  return (
    <SettingsProvider>
      <Themed />
    </SettingsProvider>
  );
}

function Themed() {
  const { scheme } = useSettings();
  const [client] = useState(
    () => new QueryClient({ defaultOptions: { queries: { retry: shouldRetry, staleTime: 2_000 } } }),
  );
  const [router] = useState(createPageRouter);
  return (
    // Its variables are in files: a style that a script adds would be refused by the security policy.
    <MantineProvider theme={theme} withCssVariables={false} withGlobalClasses={false} forceColorScheme={scheme}>
      <TextProvider>
        <QueryClientProvider client={client}>
          <RouterProvider router={router} />
        </QueryClientProvider>
      </TextProvider>
    </MantineProvider>
  );
}
