import type { ResourceLineShape } from '../../api/shapes.ts';
import { useText } from '../text/text.tsx';
import { Meter } from './meter.tsx';

/** How much of the limit is used, as a bar and in words. */
export function Usage({ line }: { readonly line: Pick<ResourceLineShape, 'usedBytes' | 'limitBytes'> }) {
  const { t, format } = useText();
  const { usedBytes, limitBytes } = line;
  const used = usedBytes === null ? t('unknown') : format.bytes(usedBytes);
  const text = limitBytes === null ? used : t('used.of', { used, limit: format.bytes(limitBytes) });
  return (
    <div className="usage" title={usedBytes === null ? undefined : format.bytesInFull(usedBytes)}>
      <Meter share={shareOf(line)} label={text} />
      <span className="usage-text">{text}</span>
    </div>
  );
}

/** Undefined where there is no limit or no reading. Nothing allowed is full. */
export function shareOf({ usedBytes, limitBytes }: Pick<ResourceLineShape, 'usedBytes' | 'limitBytes'>) {
  if (usedBytes === null || limitBytes === null) return undefined;
  return Number(limitBytes) === 0 ? 1 : Number(usedBytes) / Number(limitBytes);
}
