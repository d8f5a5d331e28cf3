/** The film's checks, always in sight: what is worth a look, where, and its remedy on one key. */
import { useRef } from 'react';
import type { Timeline } from '../../../../pipeline/domain.ts';
import { cutFrames } from '../../../../pipeline/timeline/clip-math.ts';
import type { LintFinding } from '../../../../pipeline/timeline/lint.ts';
import { useCommand, useShownKey } from '../../../keys/index.ts';
import { CircleAlert, CircleCheck } from '../../../ui/icons.ts';
import { Button, Kbd } from '../../../ui/index.ts';
import styles from './Panels.module.css';
import { Section } from './parts.tsx';
import { plural } from './words.ts';

export interface ChecksProps {
  readonly timeline: Timeline;
  readonly findings: readonly LintFinding[];
  readonly locked: boolean;
  readonly onLook: (finding: LintFinding) => void;
  readonly onFix: (finding: LintFinding) => void;
  readonly onFixAll: (() => void) | null;
}

/** `All 12 cuts on the beat`, or how many are; null when there is nothing to say. */
export function beatSentence(timeline: Timeline, findings: readonly LintFinding[]): string | null {
  const cuts = cutFrames(timeline).length;
  if (cuts === 0 || timeline.beats.length === 0) return null;
  const off = findings.filter((finding) => finding.code === 'cut_off_beat').length;
  if (off > 0) return null;
  return cuts === 1 ? 'The cut is on the beat' : `All ${cuts} cuts on the beat`;
}

/** For the status line: `3 checks`, or `all checks pass`. */
export function checksStatus(findings: readonly LintFinding[]): string {
  return findings.length === 0 ? 'all checks pass' : `${plural(findings.length, 'check')} to look at`;
}

export function Checks({ timeline, findings, locked, onLook, onFix, onFixAll }: ChecksProps) {
  const clean = beatSentence(timeline, findings);
  const fixAllKey = useShownKey('checks.fixAll');
  const fixable = findings.filter((finding) => finding.suggestedEdit !== undefined).length;
  const list = useRef<HTMLUListElement>(null);
  const current = useRef(-1);
  const next = () => {
    current.current = (current.current + 1) % findings.length;
    const finding = findings[current.current];
    if (finding === undefined) return;
    onLook(finding);
    list.current?.querySelectorAll<HTMLButtonElement>('[data-finding]')[current.current]?.focus();
  };
  const fixOne = () => {
    const finding = findings[current.current] ?? findings.find((one) => one.suggestedEdit !== undefined);
    if (finding?.suggestedEdit !== undefined) onFix(finding);
  };
  useCommand('checks.next', next, { enabled: findings.length > 0 });
  useCommand('checks.fix', fixOne, { enabled: !locked && fixable > 0 });
  useCommand('checks.fixAll', () => onFixAll?.(), { enabled: !locked && fixable > 0 && onFixAll !== null });
  return (
    <Section
      title={findings.length === 0 ? 'Checks' : `Checks · ${findings.length}`}
      aside={
        fixable > 1 &&
        onFixAll !== null && (
          <Button variant="ghost" kbd={fixAllKey} disabled={locked} onClick={onFixAll}>
            Fix all
          </Button>
        )
      }
    >
      {clean !== null && (
        <p className={styles.clean}>
          <CircleCheck size={14} className={styles.pass} aria-hidden="true" />
          <span>{clean}</span>
        </p>
      )}
      {findings.length > 0 && (
        <ul ref={list} className={styles.list} aria-label="Checks to look at">
          {findings.map((finding) => (
            <Row
              // Findings have no ids; the same code at the same clip or room is the same finding.
              key={`${finding.code} ${finding.clipId ?? finding.clusterId ?? ''}`}
              finding={finding}
              locked={locked}
              onLook={onLook}
              onFix={onFix}
            />
          ))}
        </ul>
      )}
      {clean === null && findings.length === 0 && <p className={styles.quiet}>Nothing to look at.</p>}
    </Section>
  );
}

function Row({
  finding,
  locked,
  onLook,
  onFix,
}: Pick<ChecksProps, 'locked' | 'onLook' | 'onFix'> & { readonly finding: LintFinding }) {
  const fixable = finding.suggestedEdit !== undefined && !locked;
  return (
    <li className={styles.item}>
      <button
        type="button"
        data-finding=""
        className={styles.press}
        title={fixable ? 'Press to look at it, Enter to fix it' : 'Press to look at it'}
        onClick={() => onLook(finding)}
        onKeyDown={(event) => {
          if (event.key !== 'Enter' || !fixable) return;
          event.preventDefault();
          event.stopPropagation();
          onFix(finding);
        }}
      >
        <CircleAlert size={14} className={styles.attention} aria-hidden="true" />
        <span>{finding.message}</span>
      </button>
      {finding.suggestedEdit !== undefined && (
        <Button variant="ghost" disabled={locked} aria-label={`Fix: ${finding.message}`} onClick={() => onFix(finding)}>
          Fix
          <span className={styles.onFocus}>
            <Kbd chord="Enter" />
          </span>
        </Button>
      )}
    </li>
  );
}
