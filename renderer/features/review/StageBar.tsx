/** Over the picture: how it is compared and with what, how close one looks, and which take it is. */
import type { ReviewClip, TakeView } from '../../../main/host/review-contract.ts';
import { CommandButton, runCommand, useShownKey } from '../../keys/index.ts';
import { COMPARE_MODES, type CompareMode, useReview } from '../../stores/review.ts';
import { Layers, Pencil } from '../../ui/icons.ts';
import { Chip, Segmented, Select, Slider } from '../../ui/index.ts';
import { inWords, RENDERER_NAMES_SHOWN } from '../renders/words.ts';
import styles from './Review.module.css';
import { useReel } from './reel.ts';
import { setLevel } from './Stage.tsx';
import { useView, type Zoom } from './view.ts';
import { MODE_WORDS } from './words.ts';

const ZOOMS: readonly { readonly value: `${Zoom}`; readonly label: string }[] = [
  { value: 'fit', label: 'Fit' },
  { value: '1', label: '1:1' },
  { value: '2', label: '2:1' },
  { value: '4', label: '4:1' },
];
const LEVEL_NAMES: Readonly<Partial<Record<CompareMode, string>>> = {
  blend: 'Share of the other picture',
  difference: 'Brightness of the difference',
  depth: 'Share of the depth',
};

export function StageBar({ clip, take }: { readonly clip: ReviewClip; readonly take: TakeView | null }) {
  const mode = useReview((state) => state.mode);
  const against = useReview((state) => state.against);
  const level = useReview((state) => state.level[state.mode]);
  const flipped = useReview((state) => state.flipped);
  const drawing = useReview((state) => state.draft?.drawing === true);
  const zoom = useView((state) => state.zoom);
  const number = useShownKey('review.number.1');
  const others = clip.takes.filter((one) => one.specHash !== take?.specHash && one.file === 'present');
  const levelName = LEVEL_NAMES[mode];
  return (
    <div className={styles.bar} data-region="stage-bar">
      <Segmented
        label="Compare"
        value={mode}
        options={COMPARE_MODES.map((value, at) => ({
          value,
          label: MODE_WORDS[value],
          ...(number === undefined ? {} : { title: `${MODE_WORDS[value]} (${at + 1})` }),
        }))}
        onChange={(next) => useReview.setState({ mode: next, flipped: false })}
      />
      {mode !== 'depth' && (
        <Select
          label="Compare with"
          value={against}
          options={[
            { value: 'photo', label: 'photo' },
            ...others.map((one) => ({ value: one.specHash, label: `take ${one.number}` })),
          ]}
          onChange={(next) => useReview.setState({ against: next })}
        />
      )}
      <CommandButton
        command="review.flip"
        iconOnly
        label="The other picture alone"
        pressed={flipped}
        icon={<Layers size={16} aria-hidden="true" />}
      />
      {levelName !== undefined && (
        <span className={styles.level}>
          <Slider
            label={levelName}
            value={level}
            min={0}
            max={1}
            step={0.01}
            valueText={(value) => `${Math.round(value * 100)} %`}
            onChange={setLevel}
          />
        </span>
      )}
      <span className={styles.grow} />
      <PathNote />
      <span className={styles.drawHere}>
        <CommandButton
          command="review.draw"
          iconOnly
          pressed={drawing}
          icon={<Pencil size={16} aria-hidden="true" />}
        />
      </span>
      <Select
        label="Zoom"
        value={`${zoom}` as const}
        options={ZOOMS}
        onChange={(value) => useView.getState().setZoom(value === 'fit' ? 'fit' : (Number(value) as Zoom))}
      />
      {take !== null && (
        <button type="button" className={styles.takeNow} onClick={() => runCommand('review.again')} title="Takes">
          <span>
            Take {take.number} · {RENDERER_NAMES_SHOWN[take.renderer].toLowerCase()} ·{' '}
            {inWords(take.motion).toLowerCase()}
          </span>
          <Chip tone={take.verdict}>{take.validationScore.toFixed(2)}</Chip>
        </button>
      )}
    </div>
  );
}

/** Frames that the page cannot decode come from the engine: exact, and slower. */
function PathNote() {
  const path = useReel((state) => state.path);
  const reason = useReel((state) => state.reason);
  if (path !== 'host') return null;
  return (
    <Chip tone="neutral" title={reason ?? ''}>
      Frames from the engine
    </Chip>
  );
}
