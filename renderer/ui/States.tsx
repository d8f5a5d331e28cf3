import { ChevronRight, ClipboardCopy, TriangleAlert } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Button } from './Button.tsx';
import { cx } from './cx.ts';
import styles from './States.module.css';

export interface EmptyStateProps {
  readonly icon?: ReactNode;
  readonly title: string;
  /** What to do next. */
  readonly children?: ReactNode;
  readonly actions?: ReactNode;
}

/** Nothing here yet, and what to do about it. */
export function EmptyState({ icon, title, children, actions }: EmptyStateProps) {
  return (
    <div className={styles.state}>
      {icon !== undefined && <div className={styles.icon}>{icon}</div>}
      <h2 className={styles.title}>{title}</h2>
      {children !== undefined && <div className={styles.about}>{children}</div>}
      {actions !== undefined && <div className={styles.actions}>{actions}</div>}
    </div>
  );
}

export interface ErrorStateProps {
  /** What happened, as a sentence. */
  readonly title: string;
  /** The file it is about. */
  readonly file?: string | undefined;
  /** What can be done. */
  readonly children?: ReactNode;
  /** For support: folded away, and what "Copy diagnostics" copies together with the rest. */
  readonly details?: string | undefined;
  readonly actions?: ReactNode;
}

/** What happened, to which file, what can be done; the details folded away. */
export function ErrorState({ title, file, children, details, actions }: ErrorStateProps) {
  const [copied, setCopied] = useState(false);
  const text = [title, file === undefined ? '' : `File: ${file}`, details ?? '']
    .filter((line) => line !== '')
    .join('\n');
  return (
    <div className={cx(styles.state, styles.error)} role="alert">
      <div className={styles.icon}>
        <TriangleAlert size={24} aria-hidden="true" />
      </div>
      <h2 className={styles.title}>{title}</h2>
      {file !== undefined && <div className={styles.file}>{file}</div>}
      {children !== undefined && <div className={styles.about}>{children}</div>}
      <div className={styles.actions}>
        {actions}
        <Button
          variant="ghost"
          icon={<ClipboardCopy size={14} aria-hidden="true" />}
          onClick={() => {
            navigator.clipboard.writeText(text).then(
              () => setCopied(true),
              () => setCopied(false),
            );
          }}
        >
          {copied ? 'Copied' : 'Copy diagnostics'}
        </Button>
      </div>
      {details !== undefined && (
        <details className={styles.details}>
          <summary>
            <ChevronRight size={14} aria-hidden="true" />
            Details
          </summary>
          {/* biome-ignore lint/a11y/noNoninteractiveTabindex: a box that scrolls must be reachable by keys */}
          <pre tabIndex={0}>{details}</pre>
        </details>
      )}
    </div>
  );
}

/** The grey shape of what is coming. Give it the size of the thing. */
export function Skeleton({ width, height }: { readonly width?: number | string; readonly height: number | string }) {
  return <div className={styles.skeleton} style={{ width: width ?? '100%', height }} aria-hidden="true" />;
}
