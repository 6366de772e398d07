export interface Secrets {
  /** Registers a value that must never be shown. Short values are ignored: they would blank ordinary words. */
  add(secret: string): void;
  /** `text` with every registered secret, also in its base64, URL-encoded and JSON-escaped form, replaced by `***`. */
  scrub(text: string): string;
}

const SHORTEST_SECRET = 6;

export function createSecrets(): Secrets {
  const needles = new Set<string>();
  let pattern: RegExp | undefined;
  return {
    add: (secret) => {
      if (secret.length < SHORTEST_SECRET) return;
      const forms = [
        secret,
        ...base64Forms(secret),
        new URLSearchParams({ secret }).toString().slice('secret='.length),
        // encodeURIComponent refuses half a surrogate pair.
        encodeURIComponent(Buffer.from(secret).toString()),
        JSON.stringify(secret).slice(1, -1),
      ];
      for (const form of forms) needles.add(form);
      pattern = undefined;
    },
    scrub: (text) => {
      if (needles.size === 0) return text;
      // The longest first, so that a secret which contains another one disappears whole.
      pattern ??= new RegExp(
        [...needles]
          .sort((a, b) => b.length - a.length)
          .map(escapeRegExp)
          .join('|'),
        'g',
      );
      return text.replace(pattern, '***');
    },
  };
}

/** As base64 shows it alone and inside something longer, such as `Basic`: there it may start at any of three offsets. */
function base64Forms(secret: string): readonly string[] {
  return [0, 1, 2].flatMap((offset) => {
    const encoded = Buffer.concat([Buffer.alloc(offset), Buffer.from(secret)])
      .toString('base64')
      .replace(/=+$/, '');
    // Characters at both ends may also carry bits of the neighbours.
    const own = encoded.slice(Math.ceil((offset * 4) / 3));
    return [own, own.slice(0, -1)].flatMap((form) => [form, form.replaceAll('+', '-').replaceAll('/', '_')]);
  });
}

function escapeRegExp(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
}
