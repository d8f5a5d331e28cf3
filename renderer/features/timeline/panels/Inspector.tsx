/** The selected clips: where they lie, how they move, and what may be changed of them. */
import { useState } from 'react';
import { mediaUrl } from '../../../../main/host/contract.ts';
import {
  type AudioPolicy,
  type Motion,
  type RendererName,
  type Timeline,
  TRANSITIONS,
  type TransitionType,
} from '../../../../pipeline/domain.ts';
import type { AnalysisView } from '../../../../pipeline/rooms/view.ts';
import { frameToSeconds } from '../../../../pipeline/time.ts';
import type { Magnet } from '../../../../pipeline/timeline/clip-math.ts';
import { useTimeline } from '../../../stores/timeline.ts';
import { Select, Slider } from '../../../ui/index.ts';
import {
  forAll,
  longestTransition,
  motionsOf,
  otherPhotos,
  type PlacedClip,
  photoOf,
  roomOf,
  sharedOf,
  shotOf,
  swapPhoto,
} from './clips.ts';
import { act } from './labels.ts';
import styles from './Panels.module.css';
import { Field, NumberField, Section } from './parts.tsx';
import {
  AUDIO_WORDS,
  barBeatWords,
  beatPosition,
  beatsBetween,
  frameAtBeat,
  motionWords,
  plural,
  RENDERER_WORDS,
  secondsWords,
  TRANSITION_WORDS,
  timecode,
} from './words.ts';

export interface InspectorProps {
  readonly timeline: Timeline;
  readonly analysis: AnalysisView | null;
  readonly listingId: string;
  readonly clips: readonly PlacedClip[];
  readonly locked: boolean;
}

const TIER_WORDS = { '2d': 'Flat', '2.5d': 'Depth', '3d': 'Room in 3D' } as const;

export function Inspector({ timeline, analysis, listingId, clips, locked }: InspectorProps) {
  const [first] = clips;
  if (first === undefined) return null;
  const one = clips.length === 1 ? first : null;
  const photo = one === null ? null : photoOf(analysis, one.clip.photoId);
  return (
    <>
      <section className={styles.section} aria-label="Selected clip">
        <h2 className={styles.title}>
          {one === null ? plural(clips.length, 'clip') : `${roomOf(analysis, one.clip)} · shot ${one.index + 1}`}
        </h2>
        {photo !== null && (
          <p className={styles.quiet} title={photo.file}>
            {photo.file}
          </p>
        )}
        <Times timeline={timeline} clips={clips} one={one} locked={locked} />
      </section>
      <MotionSection timeline={timeline} analysis={analysis} clips={clips} locked={locked} />
      <JoinSection timeline={timeline} clips={clips} one={one} locked={locked} />
      {one !== null && (
        <>
          <Section title="Why it is here">
            <p className={styles.note}>{one.clip.reason}</p>
          </Section>
          <OtherPhotos analysis={analysis} clip={one} listingId={listingId} locked={locked} />
        </>
      )}
    </>
  );
}

function Times({
  timeline,
  clips,
  one,
  locked,
}: {
  readonly timeline: Timeline;
  readonly clips: readonly PlacedClip[];
  readonly one: PlacedClip | null;
  readonly locked: boolean;
}) {
  const ripple = useTimeline((state) => state.ripple);
  const magnet = useTimeline((state) => state.magnet);
  const { beats, frameRate } = timeline;
  const frames = sharedOf(clips, (clip) => clip.durationFrames);
  const start = clips[0]?.start ?? 0;
  const end = clips.at(-1)?.end ?? 0;
  const give = (durationFrames: number, snap: Magnet) =>
    act(forAll(clips, (clip) => ({ type: 'setDuration', clipId: clip.id, durationFrames, ripple, magnet: snap })));
  const length = frames === 'mixed' ? (clips[0]?.clip.durationFrames ?? 1) : frames;
  // Beats are counted where the first clip lies: their distance may change within a film.
  const first = clips[0]?.start ?? 0;
  const from = beatPosition(beats, first);
  const count = beatsBetween(beats, first, first + length);
  const lastBeats = (next: number) =>
    from !== null && give(Math.max(1, frameAtBeat(beats, from + next) - first), magnet === 'frames' ? 'beats' : magnet);
  return (
    <>
      <Field label="In">
        {barBeatWords(beats, start)} <span className={styles.quiet}>{timecode(start, frameRate)}</span>
      </Field>
      <Field label="Out">
        {barBeatWords(beats, end)} <span className={styles.quiet}>{timecode(end, frameRate)}</span>
      </Field>
      <Field label="Length">
        <NumberField
          label="Length"
          value={length}
          min={1}
          max={9000}
          step={1}
          unit="f"
          disabled={locked}
          onCommit={(next) => give(Math.round(next), 'frames')}
        />
      </Field>
      {count !== null && (
        <Field label="In beats">
          <NumberField
            label="Length in beats"
            value={count}
            min={0.1}
            max={400}
            step={1}
            unit={frames === 'mixed' ? 'mixed' : secondsWords(frameToSeconds(length, frameRate))}
            disabled={locked}
            onCommit={lastBeats}
            onShorter={() => lastBeats(Math.max(1, Math.ceil(count) - 1))}
            onLonger={() => lastBeats(Math.floor(count) + 1)}
          />
        </Field>
      )}
      {one !== null && one.clip.moveFrames > one.clip.durationFrames && (
        <p className={styles.quiet}>
          Frames {one.clip.sourceInFrame} to {one.clip.sourceInFrame + one.clip.durationFrames} of a move of{' '}
          {one.clip.moveFrames}
        </p>
      )}
    </>
  );
}

function MotionSection({
  timeline,
  analysis,
  clips,
  locked,
}: Pick<InspectorProps, 'timeline' | 'analysis' | 'clips' | 'locked'>) {
  const [held, setHeld] = useState<number | null>(null);
  const motion = sharedOf(clips, (clip) => clip.motion);
  const amount = sharedOf(clips, (clip) => clip.amount);
  const renderer = sharedOf(clips, (clip) => clip.renderer);
  const { allowed, others } = motionsOf(analysis, clips);
  const [first] = clips;
  const shot = clips.length === 1 && first !== undefined ? shotOf(analysis, first.clip.photoId) : null;
  const shown = held ?? (amount === 'mixed' ? (first?.clip.amount ?? 0.5) : amount);
  return (
    <Section title="Motion" aside={shot !== null && <span className={styles.quiet}>{TIER_WORDS[shot.tier]}</span>}>
      <Field label="Move">
        <Select<Motion>
          label="Move"
          value={motion === 'mixed' ? undefined : motion}
          placeholder="Mixed"
          disabled={locked}
          options={[
            ...allowed.map((one) => ({
              value: one,
              label: motionWords(one),
              ...(one === shot?.recommendedMotion ? { note: 'As planned' } : {}),
            })),
            ...others.map((one) => ({ value: one, label: motionWords(one), note: 'Only inside the flat picture' })),
          ]}
          onChange={(next) => act(forAll(clips, (clip) => ({ type: 'setMotion', clipId: clip.id, motion: next })))}
        />
      </Field>
      {shot !== null && <p className={styles.note}>{shot.reason}</p>}
      <div className={styles.field}>
        <span>Amount</span>
        <span className={styles.slider}>
          <Slider
            label="Amount"
            value={shown}
            min={0}
            max={1}
            step={0.05}
            disabled={locked || motion === 'static'}
            valueText={(value) => `${Math.round(value * 100)} percent`}
            onChange={setHeld}
            onCommit={(value) => {
              setHeld(null);
              act(forAll(clips, (clip) => ({ type: 'setAmount', clipId: clip.id, amount: value })));
            }}
          />
          <span>{amount === 'mixed' && held === null ? 'mixed' : `${Math.round(shown * 100)} %`}</span>
        </span>
      </div>
      <Field label="Renderer">
        <Select<RendererName>
          label="Renderer"
          value={renderer === 'mixed' ? undefined : renderer}
          placeholder="Mixed"
          disabled={locked}
          options={(Object.keys(RENDERER_WORDS) as RendererName[]).map((name) => ({
            value: name,
            label: RENDERER_WORDS[name],
          }))}
          onChange={(next) => act(forAll(clips, (clip) => ({ type: 'setRenderer', clipId: clip.id, renderer: next })))}
        />
      </Field>
      <Field label="Take">Live, not rendered</Field>
      <p className={styles.quiet}>
        {timeline.width} × {timeline.height}, drawn from photo and depth
      </p>
    </Section>
  );
}

function JoinSection({
  timeline,
  clips,
  one,
  locked,
}: {
  readonly timeline: Timeline;
  readonly clips: readonly PlacedClip[];
  readonly one: PlacedClip | null;
  readonly locked: boolean;
}) {
  const type = sharedOf(clips, (clip) => clip.transitionIn.type);
  const frames = sharedOf(clips, (clip) => clip.transitionIn.frames);
  const audio = sharedOf(clips, (clip) => clip.audioPolicy);
  const most = Math.min(...clips.map((clip) => longestTransition(timeline, clip.index)));
  const usual = Math.max(2, Math.round((0.4 * timeline.frameRate.num) / timeline.frameRate.den));
  const set = (next: TransitionType, length: number) =>
    act(
      forAll(clips, (clip) => ({
        type: 'setTransition',
        clipId: clip.id,
        transition: next === 'cut' ? { type: 'cut', frames: 0 } : { type: next, frames: Math.max(1, length) },
      })),
    );
  const length = frames === 'mixed' ? usual : frames;
  return (
    <Section title="Joins and sound">
      <Field label={one?.index === 0 ? 'Film opens with' : 'Transition in'}>
        <Select<TransitionType>
          label="Transition in"
          value={type === 'mixed' ? undefined : type}
          placeholder="Mixed"
          disabled={locked}
          options={TRANSITIONS.map((name) => ({ value: name, label: TRANSITION_WORDS[name] }))}
          onChange={(next) => set(next, length > 0 ? length : Math.min(usual, Math.max(1, most)))}
        />
      </Field>
      {type !== 'cut' && type !== 'mixed' && (
        <Field label="Over">
          <NumberField
            label="Length of the transition"
            value={length}
            min={1}
            max={Math.max(1, most)}
            step={1}
            unit="f"
            disabled={locked}
            onCommit={(next) => set(type, Math.round(next))}
          />
        </Field>
      )}
      <Field label="Sound">
        <Select<AudioPolicy>
          label="Sound"
          value={audio === 'mixed' ? undefined : audio}
          placeholder="Mixed"
          disabled={locked}
          options={(Object.keys(AUDIO_WORDS) as AudioPolicy[]).map((name) => ({
            value: name,
            label: AUDIO_WORDS[name],
          }))}
          onChange={(next) => act(forAll(clips, (clip) => ({ type: 'setAudio', clipId: clip.id, audioPolicy: next })))}
        />
      </Field>
    </Section>
  );
}

function OtherPhotos({
  analysis,
  clip,
  listingId,
  locked,
}: {
  readonly analysis: AnalysisView | null;
  readonly clip: PlacedClip;
  readonly listingId: string;
  readonly locked: boolean;
}) {
  const timeline = useTimeline((state) => state.timeline);
  const photos = otherPhotos(analysis, clip.clip);
  const used = new Map(timeline?.clips.map((one, index) => [one.photoId, index + 1]));
  return (
    <Section title="Other photos of this room">
      {photos.length === 0 ? (
        <p className={styles.quiet}>There is no other.</p>
      ) : (
        <div className={styles.photos}>
          {photos.map((photo) => {
            const at = used.get(photo.id);
            return (
              <button
                key={photo.id}
                type="button"
                className={styles.photo}
                disabled={locked}
                title={`Show ${photo.file} here${at === undefined ? '' : `; it is shot ${at}, too`}`}
                aria-label={`Swap to ${photo.file}`}
                onClick={() => act(swapPhoto(analysis, clip.clip, photo.id))}
              >
                <img src={mediaUrl(listingId, photo.id, '320')} alt="" loading="lazy" />
                {at !== undefined && <span className={styles.badge}>shot {at}</span>}
              </button>
            );
          })}
        </div>
      )}
    </Section>
  );
}
