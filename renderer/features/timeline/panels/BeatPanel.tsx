/** The beats: what was found, and mending it. What a correction does to the cuts is shown before it is applied. */
import { useEffect, useMemo, useState } from 'react';
import type { BeatTrack, Timeline } from '../../../../pipeline/domain.ts';
import { medianBeatFrames, nearestBeatIndex } from '../../../../pipeline/timeline/clip-math.ts';
import type { Edit } from '../../../../pipeline/timeline/edits-types.ts';
import { type BeatCorrection, beatsPerBarOf } from '../../../../pipeline/timeline/grid-correct.ts';
import { useCommand, useShownKey } from '../../../keys/index.ts';
import { CircleAlert, CircleCheck } from '../../../ui/icons.ts';
import { Button, Checkbox, Select } from '../../../ui/index.ts';
import { currentFrame, usePlaying } from '../player/transport.ts';
import { type BeatEffect, effectOf, effectWords, tapFit } from './beat-effects.ts';
import styles from './Panels.module.css';
import { usePanels } from './panel-state.ts';
import { Field, Refused, Section } from './parts.tsx';
import { barBeatWords, beatsCorrected, CERTAINTY_HINTS, certaintyOf, tempoWords } from './words.ts';

export interface BeatPanelProps {
  readonly timeline: Timeline;
  readonly track: BeatTrack | null;
  readonly locked: boolean;
  readonly onEdit: (label: string, edit: Edit) => void;
}

interface Pending {
  readonly label: string;
  readonly correction: BeatCorrection;
}

const BARS = ['2', '3', '4', '5', '6', '7', '8', '9', '10', '11', '12'] as const;
type BarLength = (typeof BARS)[number];

export function BeatPanel({ timeline, track, locked, onEdit }: BeatPanelProps) {
  const [pending, setPending] = useState<Pending | null>(null);
  const [taps, setTaps] = useState<readonly number[]>([]);
  const [along, setAlong] = useState(true);
  const playing = usePlaying();
  const tapKey = useShownKey('beats.tap');
  const { beats, frameRate, music } = timeline;
  const perBar = beatsPerBarOf(beats);
  const certainty = useMemo(
    () => certaintyOf(beats, track, beatsCorrected({ beats, music, frameRate }, track)),
    [beats, music, frameRate, track],
  );
  const tempo = useMemo(() => tempoWords(beats, frameRate), [beats, frameRate]);
  const beat = Math.max(1, medianBeatFrames(beats));

  const clear = () => {
    setPending(null);
    setTaps([]);
    usePanels.setState({ pendingBeats: null });
  };
  const propose = (label: string, correction: BeatCorrection) => {
    setTaps([]);
    setPending({ label, correction });
  };
  const shift = (frames: number) => {
    const before = pending?.correction.kind === 'shift' ? pending.correction.frames : 0;
    const sum = before + frames;
    if (sum === 0) clear();
    else propose(`Shift beats ${Math.abs(sum)} f ${sum > 0 ? 'later' : 'earlier'}`, { kind: 'shift', frames: sum });
  };
  const downbeat = () => {
    const nearest = beats[nearestBeatIndex(beats, currentFrame())];
    if (nearest === undefined) return;
    propose(`Downbeat at ${barBeatWords(beats, nearest.frame)}`, {
      kind: 'setBar',
      beatsPerBar: perBar,
      downbeatFrame: nearest.frame,
    });
  };
  const tap = () => {
    setPending(null);
    setTaps((list) => [...list, currentFrame()]);
  };
  useCommand('beats.tap', tap, { enabled: playing && !locked });
  useCommand('beats.halve', () => propose('Half the beats', { kind: 'halve' }), { enabled: !locked });
  useCommand('beats.double', () => propose('Twice the beats', { kind: 'double' }), { enabled: !locked });

  const fit = taps.length === 0 ? null : tapFit(timeline, taps, perBar);
  const corrected = pending === null ? null : effectOf(timeline, pending.correction);
  const effect = fit?.effect ?? corrected?.effect ?? null;
  useEffect(() => {
    usePanels.setState({ pendingBeats: effect?.beats ?? null });
  }, [effect?.beats]);
  useEffect(() => () => usePanels.setState({ pendingBeats: null }), []);

  const apply = () => {
    if (effect === null) return;
    const label = pending?.label ?? `Beats tapped: ${effect.bpm?.toFixed(1) ?? '?'} BPM`;
    if (along && effect.along !== null) onEdit(`${label}, cuts along`, effect.along);
    else onEdit(label, effect.edit);
    clear();
  };

  return (
    <Section title="Beats">
      <div className={styles.bpm}>
        <strong data-testid="bpm">{tempo}</strong>
        <span className={styles.quiet} title={CERTAINTY_HINTS[certainty]}>
          BPM · {perBar}/4 · {certainty}
        </span>
      </div>
      {(certainty === 'no steady pulse' || certainty === 'unsure') && (
        <p className={styles.note}>{CERTAINTY_HINTS[certainty]}</p>
      )}
      <div className={styles.row}>
        <Button
          disabled={locked}
          title="Half as many beats"
          aria-label="Half the tempo"
          onClick={() => propose('Half the beats', { kind: 'halve' })}
        >
          ÷2
        </Button>
        <Button
          disabled={locked}
          title="Twice as many beats"
          aria-label="Twice the tempo"
          onClick={() => propose('Twice the beats', { kind: 'double' })}
        >
          ×2
        </Button>
        <Button
          disabled={locked || !playing}
          kbd={tapKey}
          title={playing ? 'Tap with the music' : 'Play the film, then tap along'}
          onClick={tap}
        >
          Tap
        </Button>
      </div>
      <Field label="Shift">
        <span className={styles.row}>
          <Button
            disabled={locked}
            title="One beat earlier"
            aria-label="Shift one beat earlier"
            onClick={() => shift(-beat)}
          >
            −1 b
          </Button>
          <Button
            disabled={locked}
            title="One frame earlier"
            aria-label="Shift one frame earlier"
            onClick={() => shift(-1)}
          >
            −1 f
          </Button>
          <Button disabled={locked} title="One frame later" aria-label="Shift one frame later" onClick={() => shift(1)}>
            +1 f
          </Button>
          <Button
            disabled={locked}
            title="One beat later"
            aria-label="Shift one beat later"
            onClick={() => shift(beat)}
          >
            +1 b
          </Button>
        </span>
      </Field>
      <div className={styles.bars}>
        <Select<BarLength>
          label="Beats in a bar"
          value={BARS.find((one) => Number(one) === perBar)}
          placeholder={String(perBar)}
          disabled={locked}
          options={BARS.map((one) => ({ value: one, label: `${one} in a bar` }))}
          onChange={(value) =>
            propose(`${value} beats in a bar`, {
              kind: 'setBar',
              beatsPerBar: Number(value),
              downbeatFrame: beats.find((one) => one.beatInBar === 1)?.frame ?? beats[0]?.frame ?? 0,
            })
          }
        />
        <Button disabled={locked} title="The beat nearest to the playhead begins a bar" onClick={downbeat}>
          Downbeat here
        </Button>
      </div>
      {corrected?.refused != null && <Refused>{corrected.refused}</Refused>}
      {fit !== null && <TapStrip taps={fit.taps} effect={fit.effect} waiting={fit.waiting} spread={fit.spread} />}
      {effect !== null && (
        <PendingBox
          title={pending?.label ?? `Tapped: ${effect.bpm?.toFixed(1) ?? '–'} BPM`}
          effect={effect}
          along={along}
          onAlong={setAlong}
          onApply={apply}
          onDrop={clear}
        />
      )}
      {fit !== null && effect === null && (
        <Button variant="ghost" onClick={clear}>
          Forget the taps
        </Button>
      )}
    </Section>
  );
}

/** What would happen to the cuts, with both ways on. */
function PendingBox({
  title,
  effect,
  along,
  onAlong,
  onApply,
  onDrop,
}: {
  readonly title: string;
  readonly effect: BeatEffect;
  readonly along: boolean;
  readonly onAlong: (along: boolean) => void;
  readonly onApply: () => void;
  readonly onDrop: () => void;
}) {
  const fine = effect.leaving === 0;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset's legend cannot stand inside this frame
    <div
      className={styles.pending}
      role="group"
      aria-label={`Before it is applied: ${title}`}
      onKeyDown={(event) => {
        if (event.key !== 'Escape') return;
        event.stopPropagation();
        event.preventDefault();
        onDrop();
      }}
    >
      <h3>{title}</h3>
      <p className={styles.clean} role="status">
        {fine ? (
          <CircleCheck size={14} className={styles.pass} aria-hidden="true" />
        ) : (
          <CircleAlert size={14} className={styles.attention} aria-hidden="true" />
        )}
        <span>{effectWords(effect)}</span>
      </p>
      {!fine && effect.along !== null && (
        <Checkbox label="Move the cuts along, onto the nearest beats" checked={along} onChange={onAlong} />
      )}
      {!fine && effect.along === null && (
        <p className={styles.note}>They cannot all be moved along: two would meet on one beat.</p>
      )}
      <div className={styles.row}>
        <Button ref={focusOnce} variant="primary" onClick={onApply}>
          Apply
        </Button>
        <Button variant="ghost" kbd="Escape" onClick={onDrop}>
          Keep the old
        </Button>
      </div>
    </div>
  );
}

/** Enter applies at once, and Escape turns back: the button takes the focus when it appears. */
function focusOnce(button: HTMLButtonElement | null): void {
  button?.focus({ preventScroll: false });
}

/** Taps over the fitted beats, so that a person sees how well they lie. */
function TapStrip({
  taps,
  effect,
  waiting,
  spread,
}: {
  readonly taps: readonly number[];
  readonly effect: BeatEffect | null;
  readonly waiting: string;
  readonly spread: number;
}) {
  const first = taps[0] ?? 0;
  const last = taps.at(-1) ?? first;
  const span = Math.max(1, last - first) * 1.1;
  const left = (frame: number) => `${(((frame - first) / span + 0.04) * 100).toFixed(2)}%`;
  const near = (effect?.beats ?? []).filter((beat) => beat.frame >= first - 2 && beat.frame <= last + 2);
  return (
    <>
      <div className={styles.taps} role="img" aria-label={`${taps.length} taps`}>
        {near.map((beat) => (
          <i key={`b${beat.frame}`} style={{ left: left(beat.frame) }} />
        ))}
        {taps.map((frame) => (
          <i key={frame} data-tap="" style={{ left: left(frame) }} />
        ))}
      </div>
      <p className={styles.note} role="status">
        {effect === null
          ? waiting
          : `${taps.length} taps, ${effect.bpm?.toFixed(1) ?? '–'} BPM; ${spread < 1 ? 'under a frame' : `${spread.toFixed(1)} frames`} off on average.`}
      </p>
    </>
  );
}
