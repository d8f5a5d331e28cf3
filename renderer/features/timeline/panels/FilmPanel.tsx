/** Template, length, frame and brand of the film. Each choice makes a proposal; nothing changes until it is applied. */
import { type ReactNode, useEffect, useId, useRef, useState } from 'react';
import {
  type Brand,
  type FilmSettings,
  FRAME_SHAPES,
  type FrameShape,
} from '../../../../main/host/timeline-contract.ts';
import { TEMPLATE_NAMES } from '../../../../pipeline/domain.ts';
import { TEMPLATES } from '../../../../pipeline/timeline/templates.ts';
import { ChevronRight } from '../../../ui/icons.ts';
import { Button, Segmented, Select, TextField } from '../../../ui/index.ts';
import { sendLogo } from './host.ts';
import { MusicChooser } from './MusicChooser.tsx';
import styles from './Panels.module.css';
import { usePanels } from './panel-state.ts';
import { Field, NumberField, Refused, Section } from './parts.tsx';
import { secondsWords, TEMPLATE_WORDS } from './words.ts';

export interface FilmPanelProps {
  readonly settings: FilmSettings;
  readonly locked: boolean;
  readonly onChange: (change: Partial<FilmSettings>) => void;
}

const FRAME_TITLES: Readonly<Record<FrameShape, string>> = {
  '16:9': 'Wide, 1920 × 1080',
  '9:16': 'Upright for phones, 1080 × 1920',
  '1:1': 'Square, 1080 × 1080',
};

export function FilmPanel({ settings, locked, onChange }: FilmPanelProps) {
  const refused = usePanels((state) => state.refused);
  const busy = usePanels((state) => state.asked !== null);
  const usual = TEMPLATES[settings.template].targetSeconds;
  return (
    <>
      <Section title="Film" aside={busy && <span className={styles.quiet}>Building…</span>}>
        <Field label="Template">
          <Select
            label="Template"
            value={settings.template}
            disabled={locked}
            options={TEMPLATE_NAMES.map((name) => ({
              value: name,
              label: TEMPLATE_WORDS[name],
              note: `${TEMPLATES[name].description} Usually ${secondsWords(TEMPLATES[name].targetSeconds)}.`,
            }))}
            onChange={(template) => onChange({ template, ...follow(settings, template) })}
          />
        </Field>
        <p className={styles.note}>{TEMPLATES[settings.template].description}</p>
        <Field label="Length">
          <NumberField
            label="Length"
            value={settings.targetSeconds}
            min={10}
            max={300}
            step={5}
            unit="s"
            disabled={locked}
            onCommit={(targetSeconds) => onChange({ targetSeconds })}
          />
        </Field>
        {settings.targetSeconds !== usual && (
          <Field label="">
            <Button variant="ghost" disabled={locked} onClick={() => onChange({ targetSeconds: usual })}>
              Usual {secondsWords(usual)}
            </Button>
          </Field>
        )}
        <Field label="Frame">
          <Segmented<FrameShape>
            label="Frame"
            value={settings.frame}
            options={FRAME_SHAPES.map((shape) => ({ value: shape, label: shape, title: FRAME_TITLES[shape] }))}
            onChange={(frame) => !locked && onChange({ frame })}
          />
        </Field>
        {refused !== null && <Refused>{refused}</Refused>}
      </Section>
      <MusicChooser
        musicId={settings.musicId}
        locked={locked}
        onChoose={(musicId) => {
          if (musicId !== settings.musicId) onChange({ musicId });
        }}
      />
      <BrandSection brand={settings.brand} locked={locked} onChange={(brand) => onChange({ brand })} />
    </>
  );
}

/** A template brings its usual length and frame, unless a person chose others than the last one's. */
function follow(settings: FilmSettings, template: FilmSettings['template']): Partial<FilmSettings> {
  const was = TEMPLATES[settings.template];
  const next = TEMPLATES[template];
  const shape = ({ width, height }: { width: number; height: number }): FrameShape =>
    width > height ? '16:9' : width < height ? '9:16' : '1:1';
  return {
    ...(settings.targetSeconds === was.targetSeconds ? { targetSeconds: next.targetSeconds } : {}),
    ...(settings.frame === shape(was) ? { frame: shape(next) } : {}),
  };
}

function BrandSection({
  brand,
  locked,
  onChange,
}: {
  readonly brand: Brand;
  readonly locked: boolean;
  readonly onChange: (brand: Brand) => void;
}) {
  const [refused, setRefused] = useState<string | null>(null);
  const [logo, setLogo] = useState<string | null>(null);
  const upload = useRef<HTMLInputElement>(null);
  const colourId = useId();
  useEffect(() => () => (logo === null ? undefined : URL.revokeObjectURL(logo)), [logo]);
  const send = async (file: File) => {
    setRefused(null);
    try {
      const logoId = await sendLogo(file);
      setLogo(URL.createObjectURL(file));
      onChange({ ...brand, logoId });
    } catch (error) {
      setRefused(error instanceof Error ? error.message : 'The logo could not be sent.');
    }
  };
  const used = [brand.title, brand.endTitle].filter((text) => text !== '').length + (brand.logoId === null ? 0 : 1);
  const text = (label: string, key: 'title' | 'subtitle' | 'endTitle' | 'endSubtitle', hint: string): ReactNode => (
    <Line
      label={label}
      hint={hint}
      value={brand[key]}
      disabled={locked}
      onCommit={(next) => onChange({ ...brand, [key]: next })}
    />
  );
  return (
    <details className={`${styles.section} ${styles.fold}`}>
      <summary>
        <ChevronRight size={14} aria-hidden="true" />
        <span>Titles and brand</span>
        <span className={styles.grow} />
        <span>{used === 0 ? 'none' : ''}</span>
      </summary>
      <div>
        {text('Opening title', 'title', 'Such as the address')}
        {text('Line below', 'subtitle', '')}
        {text('End card', 'endTitle', 'Such as the agent')}
        {text('Line below the end card', 'endSubtitle', '')}
        <div className={styles.field}>
          <label htmlFor={colourId}>Accent colour</label>
          <span className={styles.colour}>
            <Colour
              id={colourId}
              value={brand.accent}
              disabled={locked}
              onCommit={(accent) => onChange({ ...brand, accent })}
            />
            <span className={styles.quiet}>{brand.accent}</span>
          </span>
        </div>
        <div className={styles.field}>
          <span>Logo</span>
          <span className={styles.row}>
            {brand.logoId !== null &&
              (logo === null ? (
                <span className={styles.quiet}>chosen</span>
              ) : (
                <img className={styles.swatch} src={logo} alt="The logo" />
              ))}
            <Button disabled={locked} onClick={() => upload.current?.click()}>
              {brand.logoId === null ? 'Choose' : 'Change'}
            </Button>
            {brand.logoId !== null && (
              <Button variant="ghost" disabled={locked} onClick={() => onChange({ ...brand, logoId: null })}>
                Remove
              </Button>
            )}
            <input
              ref={upload}
              type="file"
              accept="image/png,image/jpeg,image/webp,image/svg+xml"
              className={styles.file}
              tabIndex={-1}
              aria-label="Logo file"
              onChange={(event) => {
                const [file] = event.target.files ?? [];
                if (file !== undefined) void send(file);
                event.target.value = '';
              }}
            />
          </span>
        </div>
        {refused !== null && <Refused>{refused}</Refused>}
      </div>
    </details>
  );
}

/** One line of text that counts when it is finished: Enter, or leaving the field. */
function Line({
  label,
  hint,
  value,
  disabled,
  onCommit,
}: {
  readonly label: string;
  readonly hint: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly onCommit: (value: string) => void;
}) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  const commit = () => {
    const next = text.trim().slice(0, 120);
    if (next !== value) onCommit(next);
  };
  return (
    <TextField
      label={label}
      value={text}
      maxLength={120}
      disabled={disabled}
      placeholder={hint}
      onChange={setText}
      onBlur={commit}
      onKeyDown={(event) => {
        if (event.key === 'Enter') commit();
        else if (event.key === 'Escape') setText(value);
        else return;
        event.preventDefault();
        event.stopPropagation();
      }}
    />
  );
}

/** The browser's own colour field; the film is built when the choice is finished, not while it is dragged. */
function Colour({
  id,
  value,
  disabled,
  onCommit,
}: {
  readonly id: string;
  readonly value: string;
  readonly disabled: boolean;
  readonly onCommit: (value: string) => void;
}) {
  const field = useRef<HTMLInputElement>(null);
  const latest = useRef(onCommit);
  useEffect(() => {
    latest.current = onCommit;
  });
  useEffect(() => {
    const element = field.current;
    // React's onChange is the `input` event, which comes for every step of a drag; this is the `change` event.
    const finished = () => element !== null && latest.current(element.value);
    element?.addEventListener('change', finished);
    return () => element?.removeEventListener('change', finished);
  }, []);
  useEffect(() => {
    if (field.current !== null) field.current.value = value;
  }, [value]);
  return <input ref={field} id={id} type="color" defaultValue={value} disabled={disabled} />;
}
