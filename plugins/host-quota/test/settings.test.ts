import { describe, expect, it } from 'vitest';
import { loadConfig } from '../../../src/config/load.ts';
import { createSecrets } from '../../../src/lib/secrets.ts';
import { settingsValidator } from '../../../src/plugin/schema.ts';
import { COMMON } from '../../../test/fakes/common-settings.ts';
import { plugin } from '../index.ts';
import { datasetsOf, hostIdOf, problems, type Settings, settingsSchema } from '../settings.ts';
import { withDefaults } from './lab.ts';

const wrong = (changes: Partial<Settings> & Pick<Settings, 'device'>): readonly string[] =>
  problems(withDefaults(changes), COMMON).map(({ setting }) => setting);

describe('settings', () => {
  it.each([
    [{ create_users: false }, ['approval']],
    [{ create_users: false, approval: 'manual' }, []],
    [{ create_users: false, central: true }, []],
    [{ create_users: false, remote: [{ id: 'h', url: 'http://h', api_key: 'k' }] }, []],
    [{ create_users: false, subject: 'group', central: true }, ['approval']],
    [{ USE_PYQUOTA: false }, ['USE_PYQUOTA']],
    [{ USE_PYQUOTA: false, MOCK_QUOTA: true }, []],
    [{ device: 'tank/home' }, []],
    [{ device: 'tank/home', USE_ZFS: false }, ['USE_ZFS']],
    [{ usage_by_user: '0 3 * * *' }, ['usage_by_user']],
    [{ usage_by_user: '0 3 * * *', subject: 'project', base_dir: '/srv/data/p' }, []],
    [{ subject: 'project' }, ['base_dir']],
    [{ serve: { listen: '127.0.0.1:8436' } }, ['api_key']],
    [{ serve: { listen: '127.0.0.1:8436' }, api_keys: [{ name: 'a', role: 'user', key: 'k' }] }, []],
  ] as const)('%j: %j is wrong', (changes, settings) => {
    expect(wrong({ device: '/srv/data', ...changes })).toEqual(settings);
  });

  it('the upper-case names of other managers mean the same', () => {
    const { host_id: _, ...nameless } = withDefaults({ device: '/dev/sda1' });
    expect(hostIdOf(nameless)).toBeUndefined();
    expect(hostIdOf({ ...nameless, MOCK_QUOTA: true, MOCK_HOST_ID: 'host3' })).toBe('host3');
    expect(hostIdOf({ ...nameless, SLAVE_HOST_ID: 'storage7', MOCK_QUOTA: true })).toBe('storage7');
    expect(datasetsOf({ ...nameless, ZFS_DATASETS: 'tank/home , tank/scratch' })).toEqual([
      'tank/home',
      'tank/scratch',
    ]);
    expect(datasetsOf({ ...nameless, ZFS_DATASETS: '' })).toEqual([]);
    expect(datasetsOf({ ...nameless, ZFS_DATASETS: ['tank'] })).toEqual(['tank']);
    const validate = settingsValidator().compile(settingsSchema);
    expect(validate({ device: 'tank', ZFS_DATASETS: 'tank/home;rm' })).toBe(false);
    expect(validate({ device: 'tank', ZFS_DATASETS: '-a' })).toBe(false);
    expect(validate({ device: 'tank', ZFS_DATASETS: 'tank/a, tank/b' })).toBe(true);
  });

  it('names that mean nothing here are accepted, with what stands in their place', () => {
    const text = `offerings:
  - name: Home
    waldur_api_url: https://waldur.example.org/api/
    waldur_api_token: "\${env:TOKEN}"
    waldur_offering_uuid: 3fa85f64-5717-4562-b3fc-2c963f66afa6
    backend_type: host-quota
    backend_settings: {device: /srv/data, host_id: storage1, DATABASE_URL: "sqlite:///qman.sqlite", CELERY_BROKER_URL: "redis://x"}
    backend_components:
      storage: {accounting_type: limit, backend_name: storage, measured_unit: GB, unit_factor: 1073741824, label: Storage, enforce_limits: true}
`;
    const { diagnostics } = loadConfig({
      file: 'config.yaml',
      text,
      plugins: [plugin],
      env: { TOKEN: 'a token that is long enough' },
      readFile: () => ({ text: '', mode: 0o600 }),
      secrets: createSecrets(),
    });
    expect(diagnostics.filter(({ severity }) => severity === 'error')).toEqual([]);
    const said = diagnostics.map(({ message }) => message).join('\n');
    expect(said).toContain('mappings, defaults and events are in the `state` of the agent');
    expect(said).toContain('the agent runs its jobs itself');
  });
});
