import { describe, expect, it } from 'vitest';
import { changesToJson, compareComponents, countDifferences } from '../../src/admin/components.ts';
import { planComponents } from '../../src/admin/components-plan.ts';
import { renderChanges } from '../../src/cli/render-components.ts';
import { createStyle } from '../../src/cli/style.ts';
import type { OfferingTemplate, Plugin } from '../../src/plugin/contract.ts';
import { type FakeWaldurOptions, failure, fakeWaldur, waldurComponent } from '../cli/fake-waldur.ts';
import { component, offeringConfig } from '../fakes/offering.ts';

const plain = createStyle({ color: false, unicode: true });
const signal = new AbortController().signal;
const TEMPLATE: OfferingTemplate = {
  components: [
    {
      type: 's3_storage',
      name: 'Storage',
      measured_unit: 'GB',
      billing_type: 'usage',
      default_limit: 100,
      price: '0.02',
    },
  ],
  options: {},
  resource_options: {},
  plugin_options: {},
};
const RAW = {
  uuid: 'c1',
  type: 's3_storage',
  name: 'Disk',
  description: 'kept',
  measured_unit: 'GB',
  billing_type: 'limit',
  limit_period: 'annual',
  article_code: 'A-1',
  default_limit: null,
};

describe('planComponents', () => {
  it('creates from the configuration, and from the template what it does not say', () => {
    expect(planComponents([component({ measuredUnit: undefined })], TEMPLATE, [])).toEqual([
      {
        kind: 'create',
        type: 's3_storage',
        body: { type: 's3_storage', name: 'Storage', measured_unit: 'GB', billing_type: 'limit', default_limit: 100 },
      },
    ]);
  });

  it('names a component no template knows by its type', () => {
    const [change] = planComponents([component({ type: 'tape', measuredUnit: undefined })], TEMPLATE, []);
    expect(change).toEqual({
      kind: 'create',
      type: 'tape',
      body: { type: 'tape', name: 'tape', billing_type: 'limit' },
    });
  });

  it('leaves what Waldur has when the configuration does not say otherwise', () => {
    expect(planComponents([component()], TEMPLATE, [waldurComponent(RAW)])).toEqual([
      { kind: 'unchanged', type: 's3_storage' },
    ]);
  });

  it.each([
    [component({ label: 'Space' }), [{ name: 'name', from: 'Disk', to: 'Space' }]],
    [component({ accountingType: 'usage' }), [{ name: 'billing_type', from: 'limit', to: 'usage' }]],
    [component({ defaultLimit: 50.4 }), [{ name: 'default_limit', from: null, to: 50 }]],
    [component({ published: { limit_period: 'month' } }), [{ name: 'limit_period', from: 'annual', to: 'month' }]],
    [component({ maxLimit: 10 }), [{ name: 'max_value', from: null, to: 10 }]],
  ])('updates only what differs and sends the whole object back %#', (configured, fields) => {
    const changed = Object.fromEntries(fields.map(({ name, to }) => [name, to]));
    expect(planComponents([configured], TEMPLATE, [waldurComponent(RAW)])).toEqual([
      { kind: 'update', type: 's3_storage', fields, body: { ...RAW, ...changed } },
    ]);
  });

  it('mentions and never removes what only Waldur has', () => {
    expect(planComponents([], TEMPLATE, [waldurComponent(RAW)])).toEqual([{ kind: 'extra', type: 's3_storage' }]);
  });
});

describe('compareComponents', () => {
  const offering = offeringConfig({
    plugin: { id: 'fake', offering: TEMPLATE } as Plugin,
    components: [component({ label: 'Space' }), component({ type: 'tape' })],
  });
  const compare = async (push: boolean, options: FakeWaldurOptions = {}) => {
    const fake = fakeWaldur({ offering: { components: [waldurComponent(RAW)] }, ...options });
    const results = await compareComponents([offering], { push, waldur: () => fake.waldur }, signal);
    return { fake, results };
  };

  it('only reads to compare', async () => {
    const { fake, results } = await compare(false);
    expect(fake.writes).toEqual([]);
    expect(fake.closed()).toBe(true);
    expect(countDifferences(results)).toBe(2);
    expect(renderChanges(results, plain)).toMatchInlineSnapshot(`
      "offering test
        ~ s3_storage
            name: "Disk" → "Space"
        + tape  name: "tape", billing_type: "limit", measured_unit: "GB"
      "
    `);
  });

  it('writes what differs', async () => {
    const { fake } = await compare(true);
    expect(fake.writes.map(([name]) => name)).toEqual(['updateComponent', 'createComponent']);
    expect(fake.writes[0]?.[1]).toEqual({ ...RAW, name: 'Space' });
  });

  it('says what was written before a failure', async () => {
    const { results } = await compare(true, { failing: { createComponent: failure('operator', 'WALDUR_FORBIDDEN') } });
    expect(JSON.parse(JSON.stringify(changesToJson(results)))).toEqual({
      version: 1,
      offerings: [
        {
          name: 'test',
          components: [{ type: 's3_storage', change: 'update', fields: [{ name: 'name', from: 'Disk', to: 'Space' }] }],
          error: { code: 'WALDUR_FORBIDDEN', message: 'it failed', hint: 'do something' },
        },
      ],
    });
    expect(renderChanges(results, plain)).toContain('✗ it failed');
  });

  it('does not let Waldur write to the terminal', async () => {
    const hostile = waldurComponent({ ...RAW, type: 'x\u001b[2J', name: '\u001b]0;' });
    const { results } = await compare(false, { offering: { components: [hostile] } });
    expect(renderChanges(results, plain)).not.toContain('\u001b');
  });
});
