import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accountName } from '../../src/plugin/naming.ts';
import { projectByName } from '../../src/upkeep/projects.ts';
import { offeringConfig } from '../fakes/offering.ts';

const offering = offeringConfig();
const project = (uuid: string, customerSlug: string, slug: string) => ({ uuid, customerSlug, slug });
const genomics = project('p1', 'acme', 'genomics');
const climate = project('p2', 'acme', 'climate-change');

test.each([
  ['waldur_acme_genomics_5a1e5a1e', 'p1'],
  ['waldur_acme_climate_change_5a1e5a1e', 'p2'],
  ['waldur_acme_other_5a1e5a1e', undefined],
  ['waldur_other_genomics_5a1e5a1e', undefined],
  ['lab_acme_genomics_5a1e5a1e', undefined],
  ['waldur_acme_genomics_5a1e5a1', undefined],
  ['waldur_acme_genomics_notahexx', undefined],
  ['5a1e5a1e', undefined],
  ['', undefined],
])('%s is of project %s', (account, uuid) => {
  expect(projectByName(offering, [genomics, climate])(account)).toBe(uuid);
});

test('a name that two projects would have got says nothing, and one project seen twice is one', () => {
  const twins = [project('p1', 'acme', 'climate-change'), project('p2', 'acme', 'climate_change')];
  expect(projectByName(offering, twins)('waldur_acme_climate_change_5a1e5a1e')).toBeUndefined();
  const shifted = [project('p1', 'a', 'b_c'), project('p2', 'a_b', 'c')];
  expect(projectByName(offering, shifted)('waldur_a_b_c_5a1e5a1e')).toBeUndefined();
  expect(projectByName(offering, [genomics, genomics])('waldur_acme_genomics_5a1e5a1e')).toBe('p1');
});

test.each([
  ['acme', ''],
  ['', 'genomics'],
  ['', ''],
])('a project without both slugs ("%s", "%s") has no accounts', (customerSlug, slug) => {
  const rules = offering.plugin.naming(offering.settings);
  const name = accountName({ organisation: customerSlug, project: slug, resource: '5a1e5a1e' }, rules);
  expect(projectByName(offering, [project('p1', customerSlug, slug)])(name)).toBeUndefined();
});

test('whatever the slugs, a name says its own project or none', () => {
  const slug = fc.stringMatching(/^[a-z][a-z0-9_-]{0,40}$/);
  const projects = fc.uniqueArray(fc.record({ customerSlug: slug, slug }), { minLength: 1, maxLength: 20 });
  fc.assert(
    fc.property(projects, (found) => {
      const rows = found.map((row, index) => ({ ...row, uuid: `p${index}` }));
      const projectOf = projectByName(offering, rows);
      const rules = offering.plugin.naming(offering.settings);
      for (const { uuid, customerSlug, slug: own } of rows) {
        const name = accountName({ organisation: customerSlug, project: own, resource: '5a1e5a1e' }, rules);
        expect([uuid, undefined]).toContain(projectOf(name));
      }
    }),
  );
});
