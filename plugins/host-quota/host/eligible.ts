/** Which ids are people: the range of the settings, and never `nobody`. */
export function isEligible(id: number, range: { readonly uid_min: number; readonly uid_max: number }): boolean {
  return id >= range.uid_min && id <= range.uid_max && id !== NOBODY;
}

const NOBODY = 65_534;
