/** Whether a film may be assembled at all: every clip approved, or a named person's reason for going on without. */

export interface ClipApproval {
  readonly clipId: string;
  readonly state: 'pending' | 'approved' | 'changes_requested' | 'rejected';
}

export interface ApprovalOverride {
  readonly name: string;
  readonly reason: string;
}

export interface GuardResult {
  readonly allowed: boolean;
  /** Clips that are not approved. */
  readonly open: readonly string[];
  /** What to tell the person, or to write into the provenance. */
  readonly sentence: string;
}

/** An override counts only with a name and a reason; an empty timeline is never allowed. */
export function approvalGuard(states: readonly ClipApproval[], override?: ApprovalOverride): GuardResult {
  if (states.length === 0) return { allowed: false, open: [], sentence: 'There is no clip to assemble.' };
  const open = states.filter((clip) => clip.state !== 'approved').map((clip) => clip.clipId);
  if (open.length === 0) return { allowed: true, open, sentence: `All ${states.length} clips are approved.` };
  const count = `${open.length} of ${states.length} clips are not approved`;
  if (override === undefined)
    return { allowed: false, open, sentence: `${count}. Review them, or override with a name and a reason.` };
  const name = override.name.trim();
  const reason = override.reason.trim();
  if (name === '' || reason === '')
    return { allowed: false, open, sentence: `${count}. An override needs a name and a reason.` };
  return { allowed: true, open, sentence: `${count}; ${name} went on: ${reason}` };
}
