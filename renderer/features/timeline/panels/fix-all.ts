/** All remedies of the checks as one step. Pure. */
import { PicaividError } from '../../../../base/errors.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { applyEdit } from '../../../../pipeline/timeline/edits.ts';
import type { Edit, SimpleEdit } from '../../../../pipeline/timeline/edits-types.ts';
import { type LintFinding, type LintOptions, lintTimeline } from '../../../../pipeline/timeline/lint.ts';

/**
 * Applies remedies one after the other, each found on the film that the ones before it made, until none is left or
 * each was tried once. Null when nothing can be mended. `count`: how many were.
 */
export function fixAll(
  timeline: Timeline,
  options: LintOptions,
): { readonly edit: Edit; readonly count: number } | null {
  const tried = new Set<string>();
  const edits: SimpleEdit[] = [];
  let film = timeline;
  let count = 0;
  for (;;) {
    const next = lintTimeline(film, options).find((one) => one.suggestedEdit !== undefined && !tried.has(keyOf(one)));
    if (next?.suggestedEdit === undefined) break;
    tried.add(keyOf(next));
    try {
      film = applyEdit(film, next.suggestedEdit).timeline;
    } catch (error) {
      if (error instanceof PicaividError) continue; // this one stays on the list
      throw error;
    }
    edits.push(...(next.suggestedEdit.type === 'batch' ? next.suggestedEdit.edits : [next.suggestedEdit]));
    count += 1;
  }
  return edits.length === 0 ? null : { edit: { type: 'batch', edits }, count };
}

const keyOf = (finding: LintFinding): string => `${finding.code} ${finding.clipId ?? finding.clusterId ?? ''}`;
