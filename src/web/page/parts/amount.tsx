import { useText } from '../text/text.tsx';

/** Bytes in the chosen unit, with both units and the exact number on demand. */
export function Amount({ bytes }: { readonly bytes: string | number }) {
  const { format } = useText();
  return <span title={format.bytesInFull(bytes)}>{format.bytes(bytes)}</span>;
}
