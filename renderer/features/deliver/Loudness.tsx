/** How loud the films are made. */
import { useEffect, useState } from 'react';
import { changeDelivery, useDelivery } from '../../stores/delivery.ts';
import { Select, TextField } from '../../ui/index.ts';
import styles from './Deliver.module.css';
import { Section } from './parts.tsx';
import { LOUDNESS, lufsWords } from './words.ts';

/** What the host takes, LUFS. */
const LEAST = -31;
const MOST = -9;

const set = (loudnessLufs: number): void => changeDelivery('Loudness', { loudnessLufs });

export function Loudness() {
  const lufs = useDelivery((state) => state.settings?.loudnessLufs ?? -14);
  const known = LOUDNESS.some((one) => one.lufs === lufs);
  const [own, setOwn] = useState(!known);
  const [text, setText] = useState(String(lufs));
  useEffect(() => {
    setText(String(lufs));
    if (!LOUDNESS.some((one) => one.lufs === lufs)) setOwn(true);
  }, [lufs]);
  const typed = Number.parseFloat(text.replace('−', '-').replace(',', '.'));
  const wrong = !(typed >= LEAST && typed <= MOST);
  const commit = (): void => {
    if (!wrong && typed !== lufs) set(typed);
  };
  return (
    <Section title="Loudness">
      <div className={styles.row}>
        <Select
          label="Loudness"
          value={own ? 'own' : String(lufs)}
          options={[
            ...LOUDNESS.map((one) => ({ value: String(one.lufs), label: one.words, note: one.note })),
            { value: 'own', label: own && !known ? `Own, ${lufsWords(lufs)}` : 'Own value' },
          ]}
          onChange={(value) => {
            setOwn(value === 'own');
            if (value !== 'own') set(Number(value));
          }}
        />
        {own && (
          <TextField
            label="Integrated loudness in LUFS"
            hideLabel
            inputMode="decimal"
            className={styles.number}
            value={text}
            onChange={setText}
            onBlur={commit}
            onKeyDown={(event) => event.key === 'Enter' && commit()}
            error={wrong ? `Between ${lufsWords(LEAST)} and ${lufsWords(MOST)}.` : undefined}
          />
        )}
        <span className={styles.quiet}>True peak stays below −1 dBTP.</span>
      </div>
    </Section>
  );
}
