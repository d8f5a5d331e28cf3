/** The rows of one timeline: written whole when it is new, and only where it changed after that. */
import { type Kysely, sql } from 'kysely';
import { PicaividError } from '../base/errors.ts';
import type { BeatTrack, Timeline, TimelineClip } from '../pipeline/domain.ts';
import { frameToSeconds } from '../pipeline/time.ts';
import { type Dialect, writeFlag, writeJson } from './codec.ts';
import { newId } from './id.node.ts';
import type { Tables } from './tables.ts';

/** A transaction, or a database, with its dialect. */
export interface Writer {
  readonly db: Kysely<Tables>;
  readonly dialect: Dialect;
}

export interface NewTimeline {
  readonly timeline: Timeline;
  readonly track: BeatTrack | null;
  readonly inputsKey: string;
}

/** Rows in one statement: SQLite takes 32,766 parameters, the widest row has 14. */
const ROWS_AT_ONCE = 500;

interface Placed {
  readonly clip: TimelineClip;
  readonly order: number;
  readonly start: number;
}

function placed(timeline: Timeline): Placed[] {
  let start = 0;
  return timeline.clips.map((clip, order) => {
    const one = { clip, order, start };
    start += clip.durationFrames;
    return one;
  });
}

const seconds = (frames: number, { frameRate }: Timeline): number => frameToSeconds(frames, frameRate);
const lengthOf = (timeline: Timeline): number =>
  seconds(
    timeline.clips.reduce((sum, clip) => sum + clip.durationFrames, 0),
    timeline,
  );

function settingsOf({ timeline, track, inputsKey }: NewTimeline): string {
  const { clips: _clips, beats: _beats, ...rest } = timeline;
  return writeJson({ timeline: rest, track, inputsKey });
}

/** Writes a new timeline, inside the caller's transaction. */
export async function insertTimeline(writer: Writer, jobId: string, stored: NewTimeline): Promise<void> {
  const { timeline } = stored;
  await writer.db
    .insertInto('timeline')
    .values({
      id: timeline.id,
      job_id: jobId,
      version: timeline.version,
      status: timeline.status,
      beat_grid: writeJson(timeline.beats),
      total_duration: lengthOf(timeline),
      settings: settingsOf(stored),
      created_at: new Date().toISOString(),
    })
    .execute();
  await putClips(writer, jobId, timeline, timeline.clips);
  await putPlaced(writer, timeline, placed(timeline));
}

/**
 * Writes what differs between two states of the same timeline, inside the caller's transaction. Clips whose picture
 * changed lose the take that was chosen for them: it shows something else. Throws `edit_refused` for a clip's id that
 * belongs to another film.
 */
export async function updateTimeline(
  writer: Writer,
  jobId: string,
  before: NewTimeline,
  after: NewTimeline,
): Promise<void> {
  const { db } = writer;
  const from = before.timeline;
  const to = after.timeline;
  if (from.clips !== to.clips) await updateClips(writer, jobId, from, to);
  const sameFrame = from.frameRate.num === to.frameRate.num && from.frameRate.den === to.frameRate.den;
  if (!(sameFrame && from.width === to.width && from.height === to.height))
    await db
      .updateTable('clips')
      .set(NOT_RENDERED)
      .where('id', 'in', (select) =>
        select.selectFrom('timeline_clips').select('clip_id').where('timeline_id', '=', to.id),
      )
      .execute();
  const changes = {
    ...(from.status === to.status ? {} : { status: to.status }),
    ...(same(from.beats, to.beats) ? {} : { beat_grid: writeJson(to.beats) }),
    ...(from.clips === to.clips && sameFrame ? {} : { total_duration: lengthOf(to) }),
    ...(settingsChanged(before, after) ? { settings: settingsOf(after) } : {}),
  };
  if (Object.keys(changes).length > 0) await db.updateTable('timeline').set(changes).where('id', '=', to.id).execute();
}

/** Edits share what they do not touch, so comparing by value is rare. */
const same = (a: unknown, b: unknown): boolean => a === b || JSON.stringify(a) === JSON.stringify(b);

function settingsChanged(before: NewTimeline, after: NewTimeline): boolean {
  if (before.inputsKey !== after.inputsKey || before.track !== after.track) return true;
  const { clips: _c1, beats: _b1, ...a } = before.timeline;
  const { clips: _c2, beats: _b2, ...b } = after.timeline;
  return Object.keys(b).some((key) => !same(a[key as keyof typeof a], b[key as keyof typeof b]));
}

async function updateClips(writer: Writer, jobId: string, from: Timeline, to: Timeline): Promise<void> {
  const { db } = writer;
  const old = new Map(placed(from).map((one) => [one.clip.id, one]));
  const now = placed(to);
  const wanted = new Set(to.clips.map((clip) => clip.id));
  const dropped = from.clips.filter((clip) => !wanted.has(clip.id)).map((clip) => clip.id);
  for (const ids of inGroups(dropped))
    await db.deleteFrom('timeline_clips').where('timeline_id', '=', to.id).where('clip_id', 'in', ids).execute();
  const changed: Placed[] = [];
  const moved: Placed[] = [];
  for (const one of now) {
    const was = old.get(one.clip.id);
    if (was === undefined || !same(was.clip, one.clip)) changed.push(one);
    else if (was.order !== one.order || was.start !== one.start) moved.push(one);
  }
  const pictures = changed.filter(({ clip }) => !samePicture(old.get(clip.id)?.clip, clip)).map(({ clip }) => clip);
  await putClips(writer, jobId, to, pictures);
  await putPlaced(writer, to, changed);
  await movePlaced(writer, to, moved);
}

function samePicture(a: TimelineClip | undefined, b: TimelineClip): boolean {
  return (
    a !== undefined &&
    a.photoId === b.photoId &&
    a.clusterId === b.clusterId &&
    a.motion === b.motion &&
    a.amount === b.amount &&
    a.renderer === b.renderer &&
    a.moveFrames === b.moveFrames
  );
}

/** What `clips` says of one whose picture is to be made (anew). The studio goes by `takes`: see `currentTake` there. */
export const NOT_RENDERED = {
  s3_uri: null,
  validation_score: null,
  status: 'pending',
  spec_hash: null,
  downgrade_reason: null,
} as const;

/** Rows of `clips`: what is to be rendered. One that is there already is to be rendered anew. */
async function putClips(
  { db, dialect }: Writer,
  jobId: string,
  timeline: Timeline,
  clips: readonly TimelineClip[],
): Promise<void> {
  if (clips.length === 0) return;
  const clusterRows = await db
    .selectFrom('room_clusters')
    .select(['id', 'cluster_key'])
    .where('job_id', '=', jobId)
    .execute();
  const clusters = new Map(clusterRows.map((row) => [row.cluster_key, row.id]));
  for (const group of inGroups(clips)) {
    const foreign = await db
      .selectFrom('clips')
      .select('id')
      .where('job_id', '!=', jobId)
      .where(
        'id',
        'in',
        group.map((clip) => clip.id),
      )
      .limit(1)
      .execute();
    if (foreign.length > 0)
      throw new PicaividError('edit_refused', 'This clip belongs to another film. Insert its photo again instead.');
    await db
      .insertInto('clips')
      .values(
        group.map((clip) => ({
          id: clip.id,
          job_id: jobId,
          room_cluster_id: clusters.get(clip.clusterId) ?? null,
          source_photo_ids: writeJson([clip.photoId]),
          motion_type: clip.motion,
          model_used: clip.renderer,
          is_3d: writeFlag(clip.renderer !== 'ken_burns', dialect),
          duration: seconds(clip.moveFrames, timeline),
          ...NOT_RENDERED,
        })),
      )
      .onConflict((conflict) =>
        conflict.column('id').doUpdateSet((row) => ({
          room_cluster_id: row.ref('excluded.room_cluster_id'),
          source_photo_ids: row.ref('excluded.source_photo_ids'),
          motion_type: row.ref('excluded.motion_type'),
          model_used: row.ref('excluded.model_used'),
          is_3d: row.ref('excluded.is_3d'),
          duration: row.ref('excluded.duration'),
          ...NOT_RENDERED,
        })),
      )
      .execute();
  }
}

/** Columns of `timeline_clips` in the order that rows are written in, with their types in Postgres. */
const PLACED_COLUMNS = {
  id: 'text', timeline_id: 'text', clip_id: 'text', order_index: 'integer', in_time: 'double precision',
  out_time: 'double precision', in_frame: 'integer', out_frame: 'integer', transition_type: 'text',
  transition_frames: 'integer', audio_policy: 'text', order_key: 'text', details: 'jsonb',
} as const; // biome-ignore format: one glance

/** Whole rows of `timeline_clips`: one parameter however many there are (6,500 take kysely 10 ms to lay out). */
async function putPlaced({ db, dialect }: Writer, timeline: Timeline, rows: readonly Placed[]): Promise<void> {
  if (rows.length === 0) return;
  const data = writeJson(
    rows.map(({ clip, order, start }) => {
      const end = start + clip.durationFrames;
      const { type, frames } = clip.transitionIn;
      const times = [seconds(start, timeline), seconds(end, timeline), start, end];
      return [newId(), timeline.id, clip.id, order, ...times, type, frames, clip.audioPolicy, clip.orderKey, writeJson(clip)]; // biome-ignore format: one row
    }),
  );
  const names = Object.keys(PLACED_COLUMNS);
  const values = Object.values(PLACED_COLUMNS).map((type, i) =>
    dialect === 'postgres' ? sql.raw(`(j->>${i})::${type}`) : sql.raw(`json_extract(value, '$[${i}]')`),
  );
  const source = dialect === 'postgres' ? sql`jsonb_array_elements(${data}::jsonb) as j` : sql`json_each(${data})`;
  const updates = names.slice(3).map((name) => sql.raw(`${name} = excluded.${name}`));
  await sql`insert into timeline_clips (${sql.raw(names.join(', '))}) select ${sql.join(values)} from ${source} where true
    on conflict (timeline_id, clip_id) do update set ${sql.join(updates)}`.execute(db);
}

/** Clips that only have another place now: a ripple moves all behind it, and one statement writes them. */
async function movePlaced({ db, dialect }: Writer, timeline: Timeline, rows: readonly Placed[]): Promise<void> {
  if (rows.length === 0) return;
  const data = writeJson(
    rows.map(({ clip, order, start }) => {
      const end = start + clip.durationFrames;
      return [clip.id, order, start, end, seconds(start, timeline), seconds(end, timeline), timeline.id];
    }),
  );
  // The timeline's id comes from the data too: else SQLite reads all data for each row (197 ms for 500 clips, not 6).
  const set = sql`order_index = v.o, in_frame = v.f, out_frame = v.g, in_time = v.a, out_time = v.b`;
  const source =
    dialect === 'postgres'
      ? sql`(select j->>0 as id, (j->>1)::integer as o, (j->>2)::integer as f, (j->>3)::integer as g,
          (j->>4)::double precision as a, (j->>5)::double precision as b, j->>6 as t from jsonb_array_elements(${data}::jsonb) as j)`
      : sql`(select json_extract(value, '$[0]') as id, json_extract(value, '$[1]') as o, json_extract(value, '$[2]') as f,
          json_extract(value, '$[3]') as g, json_extract(value, '$[4]') as a, json_extract(value, '$[5]') as b,
          json_extract(value, '$[6]') as t
          from json_each(${data}))`;
  await sql`update timeline_clips set ${set} from ${source} as v
    where timeline_clips.timeline_id = v.t and timeline_clips.clip_id = v.id`.execute(db);
}

function inGroups<T>(items: readonly T[]): T[][] {
  const groups: T[][] = [];
  for (let i = 0; i < items.length; i += ROWS_AT_ONCE) groups.push(items.slice(i, i + ROWS_AT_ONCE));
  return groups;
}
