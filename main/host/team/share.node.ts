/** Listings of this machine come to the team: as the operations that make them from nothing, their files after them. */
import { stat } from 'node:fs/promises';
import type { z } from 'zod';
import { PicaividError } from '../../../base/errors.ts';
import { sha256Text, writeFileAtomic } from '../../../base/files.node.ts';
import { personName, ring, tellTeam } from '../../../db/studio/outbox.node.ts';
import { musicBodies } from '../../../db/studio/shared-music.node.ts';
import type { ListingRow } from '../../../db/studio/types.ts';
import { photoRef, writeCell } from '../../../db/sync/cells.node.ts';
import { enqueue } from '../../../db/sync/outbox.node.ts';
import type { BlobRef, OperationBody, photoRefSchema } from '../../../db/sync/protocol.ts';
import {
  type AnalysisState,
  analysisName,
  analysisStateSchema,
  getState,
  putState,
} from '../../../db/sync/state.node.ts';
import { wholeListing } from '../../../db/sync/whole.node.ts';
import type { Writer } from '../../../db/timeline-rows.node.ts';
import type { Analysis } from '../../../pipeline/domain.ts';
import { factsOf } from '../cards.node.ts';
import type { HostCore } from '../core.ts';
import { depthFiles, portableAnalysis } from './analysis-blob.node.ts';
import type { TeamFiles } from './files.node.ts';
import type { TeamMemory } from './memory.node.ts';

/** Photos in one operation: others see the first ones while the rest is sent. */
const PHOTOS_AT_ONCE = 20;
type PhotoRef = z.infer<typeof photoRefSchema>;

interface Prepared {
  readonly photos: readonly PhotoRef[];
  readonly state: AnalysisState;
}

export class Sharing {
  private readonly core: HostCore;
  private readonly files: TeamFiles;
  private readonly memory: TeamMemory;

  constructor(core: HostCore, files: TeamFiles, memory: TeamMemory) {
    this.core = core;
    this.files = files;
    this.memory = memory;
  }

  /** Shares a listing; one that is the team's already is left. What is told is told in one transaction. */
  async share(row: ListingRow, teamId: string): Promise<void> {
    if (row.teamId !== null) return;
    const { database } = this.core;
    const known = await this.core.analyses.get(row);
    const prepared = known === undefined ? undefined : await this.prepare(row, known.analysis);
    const { db, dialect } = database;
    await db.transaction().execute(async (trx) => {
      const writer: Writer = { db: trx, dialect };
      const now = await trx.selectFrom('listings').select('team_id').where('id', '=', row.id).executeTakeFirst();
      if (now === undefined || now.team_id !== null) return;
      if (prepared !== undefined) {
        for (const photo of prepared.photos)
          await writeCell(writer, row.id, { field: 'photo', subject: photo.photoId, to: photo });
        await putState(writer, analysisName(row.id), prepared.state);
        await putState(writer, `loaded:${row.id}`, { value: prepared.state.blob.sha256 });
      }
      for (const settings of await filmSettings(writer, row.id)) await musicBodies(writer, row.id, settings);
      const parts = await wholeListing(writer, row.id);
      if (parts === undefined) return;
      await trx.updateTable('listings').set({ team_id: teamId }).where('id', '=', row.id).execute();
      const person = await personName(writer);
      for (const { body, by } of parts)
        for (const one of inParts(body)) await enqueue(writer, { listingId: row.id, person: by?.name ?? person, body: one }); // biome-ignore format: one call
    });
    ring();
    this.core.bus.emit({ type: 'listing', listingId: row.id });
  }

  /** Tells the team of an analysis that was made here of a shared listing. */
  async tellAnalysis(row: ListingRow): Promise<void> {
    const known = await this.core.analyses.get(row);
    const { db, dialect } = this.core.database;
    if (row.teamId !== null && known !== undefined) {
      const { photos, state } = await this.prepare(row, known.analysis);
      await db.transaction().execute(async (trx) => {
        const writer: Writer = { db: trx, dialect };
        const before = await getState(writer, analysisName(row.id), analysisStateSchema);
        const rows = await trx.selectFrom('photo_blobs').selectAll().where('listing_id', '=', row.id).execute();
        const old = new Map(rows.map((one) => [one.photo_key, JSON.stringify(photoRef(one))]));
        const put = photos.filter((photo) => old.get(photo.photoId) !== JSON.stringify(photo));
        const here = new Set(photos.map(({ photoId }) => photoId));
        const remove = [...old.keys()].filter((photoId) => !here.has(photoId));
        const bodies: OperationBody[] = [];
        if (put.length > 0 || remove.length > 0) bodies.push(...inParts({ kind: 'photos.set', put: [...put], remove }));
        if (before?.blob.sha256 !== state.blob.sha256) bodies.push({ kind: 'analysis.set', ...state });
        await tellTeam(writer, row.id, bodies);
        for (const photo of put) await writeCell(writer, row.id, { field: 'photo', subject: photo.photoId, to: photo });
        for (const subject of remove) await writeCell(writer, row.id, { field: 'photo', subject, to: null });
        await putState(writer, analysisName(row.id), state);
        await putState(writer, `loaded:${row.id}`, { value: state.blob.sha256 });
      });
    }
    await this.memory.setAnalysed(row.id, false);
  }

  private async prepare(row: ListingRow, analysis: Analysis): Promise<Prepared> {
    const depths = await depthFiles(analysis);
    const text = portableAnalysis(analysis, depths);
    const blob: BlobRef = { sha256: sha256Text(text), bytes: Buffer.byteLength(text) };
    await writeFileAtomic(this.files.analysisFile(blob.sha256), text);
    const known = new Map((await this.files.photos(row.id)).map((photo) => [photo.photoId, photo.blob]));
    const photos: PhotoRef[] = [];
    for (const photo of analysis.photos) {
      const depth = depths.get(photo.id);
      const info = await stat(photo.path).catch(() => undefined);
      const bytes = info?.size ?? known.get(photo.id)?.bytes;
      if (bytes === undefined)
        throw new PicaividError('file_not_found', `${photo.file} is not in its folder (any more). Put it back, then share the listing.`, { file: photo.file }); // biome-ignore format: one sentence
      photos.push({
        photoId: photo.id,
        file: photo.file,
        blob: { sha256: photo.sha256, bytes },
        depth: depth === undefined ? null : { sha256: depth.sha256, bytes: depth.bytes },
      });
    }
    const decisions = await this.core.store.decisions(row.id);
    const view = (await this.core.analyses.get(row))?.view;
    const facts = view === undefined ? undefined : factsOf({ view, analysis, photos: new Map() }, decisions, this.core.settings.LTX_ENABLED); // biome-ignore format: one call
    return {
      photos,
      state: {
        blob,
        photoCount: analysis.photos.length,
        rejectedCount: analysis.rejected.length,
        posterPhotoId: facts?.posterPhotoId ?? analysis.photos[0]?.id ?? null,
      },
    };
  }
}

async function filmSettings({ db }: Writer, listingId: string): Promise<readonly unknown[]> {
  const films = await db.selectFrom('films').select('settings').where('listing_id', '=', listingId).execute();
  const versions = await db
    .selectFrom('film_versions')
    .select('settings')
    .where('listing_id', '=', listingId)
    .execute();
  return [...films, ...versions].map(({ settings }) => settings);
}

function inParts(body: OperationBody): readonly OperationBody[] {
  if (body.kind !== 'photos.set' || body.put.length <= PHOTOS_AT_ONCE) return [body];
  const parts: OperationBody[] = [];
  for (let i = 0; i < body.put.length; i += PHOTOS_AT_ONCE)
    parts.push({ kind: 'photos.set', put: body.put.slice(i, i + PHOTOS_AT_ONCE), remove: i === 0 ? body.remove : [] });
  return parts;
}
