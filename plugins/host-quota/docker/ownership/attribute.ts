import type { Attribution, Evidence, Override } from './types.ts';

export interface Claims {
  readonly override: Override | undefined;
  /** The text of the label, and the user it names. */
  readonly label: string | undefined;
  readonly labelUid: number | undefined;
  readonly evidence: Evidence | undefined;
}

/**
 * Whose something is: what an operator decided, then the label, then the audit log. A label that the log contradicts is
 * shown and counts for no limit, unless `trustLabel` is false: then the log decides.
 */
export function attribute({ override, label, labelUid, evidence }: Claims, trustLabel: boolean): Attribution {
  const facts = { ...(label !== undefined && { label }), ...(evidence !== undefined && { evidence }) };
  if (override !== undefined) return { ...facts, uid: override.uid, how: 'override', counts: true };
  if (label === undefined) return byEvidence(evidence, facts);
  const conflict = labelUid === undefined ? 'label-names-no-user' : 'label-and-audit-differ';
  if (labelUid === undefined || (evidence !== undefined && evidence.uid !== labelUid)) {
    const logged = byEvidence(evidence, facts);
    if (!trustLabel && evidence !== undefined) return { ...logged, conflict };
    if (labelUid === undefined) return { ...logged, conflict, counts: false };
    return { ...facts, uid: labelUid, how: 'label', conflict, counts: false };
  }
  return { ...facts, uid: labelUid, how: 'label', counts: true };
}

function byEvidence(evidence: Evidence | undefined, facts: Pick<Attribution, 'label' | 'evidence'>): Attribution {
  if (evidence === undefined) return { ...facts, uid: undefined, how: undefined, counts: false };
  const found = { ...facts, uid: evidence.uid, how: 'audit' as const };
  return evidence.isDoubtful
    ? { ...found, conflict: 'two-people-did-the-same', counts: false }
    : { ...found, counts: true };
}
