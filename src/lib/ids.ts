/** 32 lower-case hexadecimal digits: the form Waldur uses in JSON and the only one that goes into a path. */
export type Uuid = string;

const HEX = /^[0-9a-f]{32}$/;

/** Normalises a dashed or bare UUID; undefined when it is neither. Source of the two forms: Waldur's serializers. */
export function toUuid(value: unknown): Uuid | undefined {
  if (typeof value !== 'string') return undefined;
  const hex = value.trim().toLowerCase().replaceAll('-', '');
  return HEX.test(hex) ? hex : undefined;
}
