/** Nothing selected: the film's facts, and the shots that it does not show. */
import { useState } from 'react';
import { mediaUrl } from '../../../../main/host/contract.ts';
import type { Timeline } from '../../../../pipeline/domain.ts';
import type { AnalysisView } from '../../../../pipeline/rooms/view.ts';
import { clipStarts } from '../../../../pipeline/timeline/clip-math.ts';
import { select, useTimeline } from '../../../stores/timeline.ts';
import { Button, KeyValue } from '../../../ui/index.ts';
import { currentFrame } from '../player/transport.ts';
import { filmFacts, insertShot, leftOutPhotos, type PlacedClip, type PoolShot, poolOf } from './clips.ts';
import { act } from './labels.ts';
import styles from './Panels.module.css';
import { Section } from './parts.tsx';
import { motionWords, plural, roomWords, secondsWords, TEMPLATE_WORDS, timecode } from './words.ts';

/** Shots shown before a person asks for all: the best ones. */
const SHOWN = 12;

export function FilmOverview({ timeline }: { readonly timeline: Timeline }) {
  const facts = filmFacts(timeline);
  const track = useTimeline((state) => state.document?.track ?? null);
  const music = useTimeline((state) => state.document?.music ?? null);
  const loops = timeline.music === null ? 0 : timeline.music.segments.length - 1;
  return (
    <section className={styles.section} aria-label="The film">
      <h2 className={styles.title}>
        {TEMPLATE_WORDS[timeline.template]} · {timecode(facts.frames, timeline.frameRate)}
      </h2>
      <KeyValue
        rows={[
          { name: 'Clips', value: `${facts.clips} of ${plural(facts.photos, 'photo')}` },
          { name: 'Rooms', value: facts.rooms },
          { name: 'Mean length', value: secondsWords(facts.averageSeconds) },
          { name: 'Transitions', value: facts.transitions },
          { name: 'Frame', value: `${timeline.width} × ${timeline.height}` },
          { name: 'Titles', value: timeline.titles.length },
          {
            name: 'Music',
            value:
              timeline.music === null
                ? 'none'
                : `${music?.name ?? 'chosen'}${loops > 0 ? `, loops ${loops === 1 ? 'once' : `${loops} times`}` : ''}`,
          },
          ...(track !== null && !track.hasPulse && timeline.music !== null
            ? [{ name: 'Pulse', value: 'none found, even grid' }]
            : []),
        ]}
      />
    </section>
  );
}

export interface PoolProps {
  readonly timeline: Timeline;
  readonly analysis: AnalysisView | null;
  readonly listingId: string;
  /** The clip before or after which a shot goes; null: the clip under the playhead. */
  readonly target: PlacedClip | null;
  readonly locked: boolean;
}

/** Planned shots that the film does not show, and photos left out, each with the reason. */
export function Pool({ timeline, analysis, listingId, target, locked }: PoolProps) {
  const [all, setAll] = useState(false);
  const ripple = useTimeline((state) => state.ripple);
  const magnet = useTimeline((state) => state.magnet);
  const pool = poolOf(analysis, timeline);
  const left = leftOutPhotos(analysis, timeline);
  const shown = all ? pool : pool.slice(0, SHOWN);
  const insert = (shot: PoolShot, side: 'before' | 'after') => {
    const at = target?.index ?? clipUnder(timeline, currentFrame());
    const before = timeline.clips[side === 'before' ? at : at + 1]?.id ?? null;
    const id = crypto.randomUUID();
    // Without ripple an inserted clip takes its time from its neighbour, which may be too short for that.
    act(insertShot(timeline, shot, before, { ripple, magnet }, id));
    select([id]);
  };
  const where = target === null ? 'the clip under the playhead' : `shot ${target.index + 1}`;
  return (
    <Section title={`Shots not in the film · ${pool.length}`}>
      {pool.length === 0 && <p className={styles.quiet}>The film shows every planned shot.</p>}
      <ul>
        {shown.map((one) => (
          <li key={one.shot.photoId} className={styles.shot}>
            <div className={styles.photo}>
              <img src={mediaUrl(listingId, one.shot.photoId, '320')} alt={one.photo.file} loading="lazy" />
            </div>
            <div className={styles.shotWords}>
              <b title={one.photo.file}>
                {roomWords(one.cluster.roomType)} · {motionWords(one.shot.recommendedMotion).toLowerCase()}
              </b>
              <span className={styles.quiet}>{one.reason}</span>
              <span className={styles.row}>
                <Button
                  disabled={locked}
                  aria-label={`Insert ${one.photo.file} before ${where}`}
                  title={`Before ${where}`}
                  onClick={() => insert(one, 'before')}
                >
                  Before
                </Button>
                <Button
                  disabled={locked}
                  aria-label={`Insert ${one.photo.file} after ${where}`}
                  title={`After ${where}`}
                  onClick={() => insert(one, 'after')}
                >
                  After
                </Button>
              </span>
            </div>
          </li>
        ))}
      </ul>
      {pool.length > SHOWN && (
        <Button variant="ghost" aria-expanded={all} onClick={() => setAll(!all)}>
          {all ? 'Fewer' : `All ${pool.length}`}
        </Button>
      )}
      {left.length > 0 && (
        <details>
          <summary className={styles.quiet}>{plural(left.length, 'photo')} without a shot</summary>
          <ul className={styles.list}>
            {left.map(({ photo, reason }) => (
              <li key={photo.id} className={styles.note}>
                <b>{photo.file}</b>: {reason}
              </li>
            ))}
          </ul>
        </details>
      )}
    </Section>
  );
}

function clipUnder(timeline: Timeline, frame: number): number {
  const starts = clipStarts(timeline.clips);
  const after = starts.findIndex((start) => start > frame);
  return Math.max(0, (after < 0 ? timeline.clips.length : after) - 1);
}
