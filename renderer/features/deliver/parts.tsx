/** Small pieces that the screen's sections share. */
import { type ReactNode, useId } from 'react';
import type { FrameShape } from '../../../main/host/timeline-contract.ts';
import styles from './Deliver.module.css';

export interface SectionProps {
  readonly title: ReactNode;
  readonly about?: ReactNode;
  readonly aside?: ReactNode;
  readonly children?: ReactNode;
}

export function Section({ title, about, aside, children }: SectionProps) {
  const id = useId();
  return (
    <section className={styles.section} aria-labelledby={id}>
      <header className={styles.head}>
        <h2 id={id}>{title}</h2>
        <span className={styles.grow} />
        {aside}
      </header>
      {about !== undefined && <p className={styles.about}>{about}</p>}
      {children}
    </section>
  );
}

/** The outline of a picture of this shape. */
export function Shape({ shape }: { readonly shape: FrameShape }) {
  return (
    <span className={styles.shape} aria-hidden="true">
      <span data-shape={shape} />
    </span>
  );
}
