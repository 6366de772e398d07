export interface SearchInput {
  /** Value of `--config`. */
  readonly option: string | undefined;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly exists: (path: string) => boolean;
}

const SYSTEM_WIDE = '/etc/waldur-storage-agent/config.yaml';

/**
 * The configuration file: `--config`, `$WALDUR_AGENT_CONFIG`, `$CONFIGURATION_DIRECTORY/config.yaml` (systemd), or the
 * system-wide one. What was named explicitly is taken as it is, so that a wrong name is told instead of passed over.
 */
export function findConfig({ option, env, exists }: SearchInput): string {
  const named = option ?? env['WALDUR_AGENT_CONFIG'];
  if (named !== undefined && named !== '') return named;
  // systemd separates several directories by colons.
  const directories = (env['CONFIGURATION_DIRECTORY'] ?? '').split(':').filter((directory) => directory !== '');
  return directories.map((directory) => `${directory}/config.yaml`).find(exists) ?? SYSTEM_WIDE;
}
