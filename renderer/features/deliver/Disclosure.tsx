/** The sentence that tells viewers what was made by a machine. */
import { useEffect, useId, useRef, useState } from 'react';
import { changeDelivery, useDelivery } from '../../stores/delivery.ts';
import styles from './Deliver.module.css';
import { Section } from './parts.tsx';

/** Milliseconds after the last letter until it is kept. */
const PAUSE_MS = 700;
/** As the host takes it. */
const MOST = 1_000;

export function Disclosure() {
  const kept = useDelivery((state) => state.settings?.disclosure ?? '');
  const [text, setText] = useState(kept);
  const typing = useRef(false);
  const id = useId();
  useEffect(() => {
    if (!typing.current) setText(kept);
  }, [kept]);
  useEffect(() => {
    if (text.trim() === kept || !typing.current) return;
    const timer = window.setTimeout(() => changeDelivery('Disclosure', { disclosure: text.trim() }), PAUSE_MS);
    return () => window.clearTimeout(timer);
  }, [text, kept]);
  return (
    <Section title={<label htmlFor={id}>Disclosure</label>}>
      <textarea
        id={id}
        className={styles.text}
        rows={3}
        maxLength={MOST}
        value={text}
        aria-describedby={`${id}-note`}
        onChange={(event) => {
          typing.current = true;
          setText(event.target.value);
        }}
        onBlur={() => {
          typing.current = false;
          if (text.trim() !== kept) changeDelivery('Disclosure', { disclosure: text.trim() });
        }}
      />
      <p id={`${id}-note`} className={styles.quiet}>
        Stands on the originals page and in the provenance, beside every photo with the shot that was made from it.
      </p>
    </Section>
  );
}
