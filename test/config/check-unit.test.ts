import { describe, expect, test } from 'vitest';
import { checkMetering, isSampled, meterings } from '../../src/config/check-metering.ts';
import { checkUnit } from '../../src/config/check-unit.ts';
import type { RawComponent, RawOffering } from '../../src/config/raw.ts';
import type { Metering, Plugin } from '../../src/plugin/contract.ts';
import { local } from './stub-plugins.ts';

const plugin = (...metering: readonly Metering[]): Plugin => ({ ...local, metering });
const unmetered: Plugin = { ...plugin('current', 'gb_days'), unmetered: () => ['gb_days'] };

describe('the unit of a component that is billed by use', () => {
  const problems = (unit: string, metering: Metering, changes: Partial<RawComponent> = {}, of = local) =>
    checkUnit('storage', { accounting_type: 'usage', measured_unit: unit, ...changes }, of, metering, '/c');

  test.each<[string, Metering]>([
    ['GB', 'current'],
    ['GB/day', 'current'],
    ['GiB/month', 'peak'],
    ['days of work', 'current'],
    ['GB-days', 'gb_days'],
    ['GB-day', 'gb_days'],
    [' GiB days ', 'gb_days'],
  ])('%s fits metering %s', (unit, metering) => {
    expect(problems(unit, metering)).toEqual([]);
  });

  test.each<[string, Metering, string]>([
    ['GB-days', 'current', 'write metering: gb_days under backend_settings'],
    [' GB-Day ', 'peak', 'write metering: gb_days under backend_settings'],
    ['GB hours', 'current', 'write metering: gb_days under backend_settings'],
    ['GB', 'gb_days', 'write measured_unit: GB-days, or metering: current under backend_settings'],
    [' TiB', 'gb_days', 'write measured_unit: TiB-days, or metering: current under backend_settings'],
    ['1000 GB', 'gb_days', 'write measured_unit: GB-days, or metering: current under backend_settings'],
    ['GB/day', 'gb_days', 'write measured_unit: GB-days, or metering: current under backend_settings'],
    ['GB hours', 'gb_days', 'write measured_unit: GB-days, or metering: current under backend_settings'],
  ])('%s does not fit metering %s', (unit, metering, hint) => {
    expect(problems(unit, metering)).toMatchObject([{ severity: 'error', path: '/c/measured_unit', hint }]);
  });

  test('without time is asked for where the backend cannot meter days', () => {
    expect(problems('GB-days', 'peak', {}, plugin('peak'))).toMatchObject([
      { hint: 'use a unit without time, such as GB' },
    ]);
  });

  test.each<[string, Partial<RawComponent>]>([
    ['that is sold as a limit', { accounting_type: 'limit' }],
    ['of objects', { backend_name: 'objects' }],
    ['that the backend does not have', { backend_name: 'tapes' }],
  ])('%s is not looked at', (_, changes) => {
    expect(problems('GB-days', 'current', changes)).toEqual([]);
  });
});

describe('what is metered', () => {
  test.each<[Plugin, readonly Metering[]]>([
    [plugin('current'), ['current', 'gb_days', 'peak']],
    [plugin('gb_days'), ['gb_days']],
    [plugin('gb_days', 'current'), ['gb_days', 'current', 'peak']],
  ])('is what the backend measures, and what can be made of it', (of, expected) => {
    expect(meterings(of)).toEqual(expected);
  });

  test.each<[string, Plugin, Metering, boolean]>([
    ['what is stored now', plugin('current'), 'current', false],
    ['what is stored now, whatever the backend measures', plugin('peak'), 'current', false],
    ['what only samples tell', plugin('current'), 'gb_days', true],
    ['what the backend measures', plugin('current', 'gb_days'), 'gb_days', false],
    ['what it could measure, but for its settings', unmetered, 'gb_days', true],
    ['what its settings do not concern', { ...unmetered, unmetered: () => [] }, 'gb_days', false],
  ])('of %s', (_, of, metering, sampled) => {
    expect(isSampled(of, metering, {})).toBe(sampled);
    const raw = { backend_settings: { metering } } as unknown as RawOffering;
    const path = '/o/backend_settings/metering';
    const refused = sampled ? [expect.objectContaining({ severity: 'error', path })] : [];
    expect(checkMetering({ raw, plugin: of, path: '/o' }, {}, false)).toEqual(refused);
    expect(checkMetering({ raw, plugin: of, path: '/o' }, {}, true)).toEqual([]);
  });
});
