import { describe, expect, test } from 'vitest';
import { fileWith, load } from './load-text.ts';

const ENV = { TOKEN: 'f00dfeed', STATE_DIRECTORY: '/var/lib/agent' };
const STATE = { state: '${env:STATE_DIRECTORY}/agent.db' };

function read(metering: string, agent: Readonly<Record<string, unknown>>) {
  const { config, diagnostics } = load(fileWith({ backend_settings: { path: '/srv', metering } }, agent), { env: ENV });
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  return { offering: config?.offerings[0], errors };
}

describe.each(['gb_days', 'peak'])('metering: %s of a backend that only knows what is stored now', (metering) => {
  test('is made of samples, when there is a file to keep them in', () => {
    const { offering, errors } = read(metering, STATE);
    expect(errors).toEqual([]);
    expect(offering).toMatchObject({ metering, isSampled: true, allowDecrease: false });
  });

  test('is refused without one, with the line to write', () => {
    const { offering, errors } = read(metering, {});
    expect(offering).toBeUndefined();
    expect(errors).toEqual([
      expect.objectContaining({
        path: '/offerings/0/backend_settings/metering',
        hint: expect.stringContaining('state: ${env:STATE_DIRECTORY') as string,
      }),
    ]);
  });
});

test('metering: current needs no samples', () => {
  const { offering, errors } = read('current', {});
  expect(errors).toEqual([]);
  expect(offering?.isSampled).toBe(false);
});

test.each(['0m', '30s', '7h', '1d'])('sample_interval: %s is refused', (interval) => {
  const { errors } = read('current', { sample_interval: interval });
  expect(errors.map(({ message }) => message)).toEqual(['"sample_interval" must be a duration from 1m to 6h']);
});
