/** Random bytes, from which everything that must be unique is made. */
export type Random = (bytes: number) => Uint8Array;

export function mintUuid(random: Random): string {
  const hex = Buffer.from(random(16)).toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `4${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20)].join('-');
}

/** 20 and 40 characters, as Civo makes them. */
export function mintKeys(random: Random): { readonly accessKey: string; readonly secretKey: string } {
  return {
    accessKey: `AK${Buffer.from(random(9)).toString('hex').toUpperCase()}`,
    secretKey: Buffer.from(random(30)).toString('base64url'),
  };
}
