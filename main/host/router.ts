/**
 * The typed procedures of the studio. Pure: the service behind them is in the context, so pages take this router's type
 * without taking the host.
 *
 * Films, as a page calls them (`timeline-contract.ts` tells what each gives; refusals carry `data.picaivid`):
 *   timeline.get.query({ id })                                    the document; `timeline` null before the first build
 *   timeline.build.mutate({ id, settings: { template: 'luxury' } })   Phase 3 as a task; settings may be left out
 *   timeline.propose.mutate({ id, settings: { musicId, targetSeconds: 60 } })   what would be built; changes nothing
 *   timeline.accept.mutate({ id, proposalId, label: 'Luxury, 60 s' })   the proposal becomes the film, one step of undo
 *   timeline.edit.mutate({ id, revision, label: 'Trim Kitchen', edit: { type: 'trimOut', … } })
 *   timeline.undo.mutate({ id }), timeline.redo.mutate({ id })    null when there is nothing
 *   timeline.history.query({ id }), timeline.setStatus.mutate({ id, status: 'approved' })
 *   timeline.versions.query({ id }), timeline.saveVersion.mutate({ id, name }), timeline.version.query({ id, versionId }),
 *   timeline.renameVersion.mutate({ id, versionId, name }), timeline.restoreVersion.mutate({ id, versionId })
 *   timeline.importOtio.mutate({ id, otio }), timeline.mix.query({ id })
 *   music.list.query(), music.add.mutate({ paths }), music.remove.mutate({ id: musicId })
 *
 * The team and its fleet (`team-contract.ts`):
 *   team.get.query(), team.connect.mutate({ url, token }), team.disconnect.mutate(), team.syncNow.mutate(),
 *   team.share.mutate({ ids }), team.dismissRefused.mutate({ ids }), team.presence.query(),
 *   team.lookingAt.mutate({ id, place: 'rooms' }), team.conflicts.query({ id }), team.resolve.mutate({ id, how: 'turn' })
 *   fleet.get.query(), fleet.estimate.query({ id, clipIds: 'changed' }), fleet.dispatch.mutate({ id, clipIds }),
 *   fleet.cancel.mutate({ taskIds }), fleet.retry.mutate({ taskIds })
 */
import { initTRPC, TRPCError } from '@trpc/server';
import { z } from 'zod';
import { type ErrorData, PicaividError, toPicaividError } from '../../base/errors.ts';
import {
  actionSchema,
  foldersSchema,
  idSchema,
  idsSchema,
  preferencesSchema,
  type StudioEvent,
  type StudioService,
} from './contract.ts';
import {
  decisionSchema,
  deliverySettingsSchema,
  noteSchema,
  overrideSchema,
  personSchema,
  rerenderSchema,
} from './review-contract.ts';
import { fleetClipsSchema, lookingAtSchema, resolveSchema, serverSchema, taskIdsSchema } from './team-contract.ts';
import { contentIdSchema, type FilmSettings, filmSettingsSchema, timelineEditSchema } from './timeline-contract.ts';

export interface StudioContext {
  readonly service: StudioService;
}

const t = initTRPC.context<StudioContext>().create({
  errorFormatter: ({ shape, error }) => ({
    ...shape,
    // The closed set crosses the boundary as data: a page branches on the code and shows the sentence.
    data: { ...shape.data, stack: undefined, picaivid: errorData(error) },
  }),
  sse: { ping: { enabled: true, intervalMs: 10_000 }, client: { reconnectAfterInactivityMs: 25_000 } },
});

function errorData(error: TRPCError): ErrorData {
  if (error.cause instanceof PicaividError) return error.cause.toJSON();
  if (error.code === 'BAD_REQUEST') return { code: 'bad_usage', message: 'The studio asked for something impossible.' };
  return toPicaividError(error.cause ?? error).toJSON();
}

/** Errors of the closed set keep their data; everything else is a defect and says so. */
const procedure = t.procedure.use(async ({ next }) => {
  const result = await next();
  if (!result.ok && result.error.cause !== undefined && result.error.code === 'INTERNAL_SERVER_ERROR') {
    const cause = toPicaividError(result.error.cause);
    const code = cause.code === 'internal' ? 'INTERNAL_SERVER_ERROR' : 'UNPROCESSABLE_CONTENT';
    throw new TRPCError({ code, message: cause.message, cause });
  }
  return result;
});

const listing = z.object({ id: idSchema });
/** Settings with changes: what was sent, without the defaults that `partial` would fill in. */
const changedSettings = z
  .record(z.string(), z.unknown())
  .default({})
  .transform((sent, context): Partial<FilmSettings> => {
    const parsed = filmSettingsSchema.partial().safeParse(sent);
    if (!parsed.success) {
      context.addIssue({ code: 'custom', message: parsed.error.message });
      return z.NEVER;
    }
    return Object.fromEntries(Object.entries(parsed.data).filter(([name]) => Object.hasOwn(sent, name)));
  });
const withSettings = z.object({ id: idSchema, settings: changedSettings });
const labelSchema = z.string().trim().min(1).max(200);
const versionNameSchema = z.string().trim().min(1).max(120);
/** Characters of an .otio file: 500 clips are 1 MB. */
const MAX_OTIO = 6_000_000;
const clipIds = z.array(idSchema).min(1).max(2_000);
const set = z.object({ set: z.enum(['standard', 'light']) });

export const studioRouter = t.router({
  system: t.router({
    info: procedure.query(({ ctx }) => ctx.service.info()),
    dismissNotice: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.dismissNotice(input.id)),
    diagnostics: procedure.mutation(({ ctx }) => ctx.service.diagnostics()),
    events: procedure.subscription(async function* ({ ctx, signal }): AsyncGenerator<StudioEvent> {
      yield* ctx.service.events(signal);
    }),
  }),
  listings: t.router({
    list: procedure.query(({ ctx }) => ctx.service.listListings()),
    create: procedure
      .input(z.object({ folders: foldersSchema }))
      .mutation(({ ctx, input }) => ctx.service.createListings(input.folders)),
    addSample: procedure.mutation(({ ctx }) => ctx.service.addSample()),
    rename: procedure
      .input(z.object({ id: idSchema, name: z.string().trim().min(1).max(200) }))
      .mutation(({ ctx, input }) => ctx.service.renameListing(input.id, input.name)),
    archive: procedure
      .input(z.object({ ids: idsSchema, archived: z.boolean() }))
      .mutation(({ ctx, input }) => ctx.service.archiveListings(input.ids, input.archived)),
    delete: procedure
      .input(z.object({ ids: idsSchema }))
      .mutation(({ ctx, input }) => ctx.service.deleteListings(input.ids)),
    restore: procedure
      .input(z.object({ ids: idsSchema }))
      .mutation(({ ctx, input }) => ctx.service.restoreListings(input.ids)),
    relocate: procedure
      .input(z.object({ id: idSchema, folder: z.string().min(1).max(4_096) }))
      .mutation(({ ctx, input }) => ctx.service.relocateListing(input.id, input.folder)),
    refresh: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.refreshListing(input.id)),
    browse: procedure
      .input(z.object({ path: z.string().max(4_096).nullable() }))
      .query(({ ctx, input }) => ctx.service.browseFolders(input.path)),
  }),
  rooms: t.router({
    get: procedure.input(listing).query(({ ctx, input }) => ctx.service.rooms(input.id)),
    act: procedure
      .input(actionSchema.extend({ id: idSchema }))
      .mutation(({ ctx, input }) => ctx.service.act(input.id, input.label, input.changes)),
    undo: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.undo(input.id)),
    redo: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.redo(input.id)),
    history: procedure.input(listing).query(({ ctx, input }) => ctx.service.history(input.id)),
    photoFacts: procedure
      .input(z.object({ id: idSchema, photoId: idSchema }))
      .query(({ ctx, input }) => ctx.service.photoFacts(input.id, input.photoId)),
  }),
  timeline: t.router({
    get: procedure.input(listing).query(({ ctx, input }) => ctx.service.timeline(input.id)),
    build: procedure
      .input(withSettings)
      .mutation(({ ctx, input }) => ctx.service.buildTimeline(input.id, input.settings)),
    propose: procedure
      .input(withSettings)
      .mutation(({ ctx, input }) => ctx.service.proposeTimeline(input.id, input.settings)),
    // tRPC keeps the name “apply” for itself.
    accept: procedure
      .input(z.object({ id: idSchema, proposalId: idSchema, label: labelSchema }))
      .mutation(({ ctx, input }) => ctx.service.applyProposal(input.id, input.proposalId, input.label)),
    edit: procedure
      .input(timelineEditSchema)
      .mutation(({ ctx, input }) => ctx.service.editTimeline(input.id, input.revision, input.label, input.edit)),
    undo: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.undoTimeline(input.id)),
    redo: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.redoTimeline(input.id)),
    history: procedure.input(listing).query(({ ctx, input }) => ctx.service.timelineHistory(input.id)),
    setStatus: procedure
      .input(z.object({ id: idSchema, status: z.enum(['draft', 'approved', 'locked']) }))
      .mutation(({ ctx, input }) => ctx.service.setTimelineStatus(input.id, input.status)),
    versions: procedure.input(listing).query(({ ctx, input }) => ctx.service.timelineVersions(input.id)),
    saveVersion: procedure
      .input(z.object({ id: idSchema, name: versionNameSchema }))
      .mutation(({ ctx, input }) => ctx.service.saveVersion(input.id, input.name)),
    renameVersion: procedure
      .input(z.object({ id: idSchema, versionId: idSchema, name: versionNameSchema }))
      .mutation(({ ctx, input }) => ctx.service.renameVersion(input.id, input.versionId, input.name)),
    version: procedure
      .input(z.object({ id: idSchema, versionId: idSchema }))
      .query(({ ctx, input }) => ctx.service.version(input.id, input.versionId)),
    restoreVersion: procedure
      .input(z.object({ id: idSchema, versionId: idSchema }))
      .mutation(({ ctx, input }) => ctx.service.restoreVersion(input.id, input.versionId)),
    importOtio: procedure
      .input(z.object({ id: idSchema, otio: z.string().min(1).max(MAX_OTIO) }))
      .mutation(({ ctx, input }) => ctx.service.importTimeline(input.id, input.otio)),
    mix: procedure.input(listing).query(({ ctx, input }) => ctx.service.mixFacts(input.id)),
  }),
  review: t.router({
    get: procedure.input(listing).query(({ ctx, input }) => ctx.service.review(input.id)),
    decide: procedure
      .input(z.object({ id: idSchema, decision: decisionSchema }))
      .mutation(({ ctx, input }) => ctx.service.decide(input.id, input.decision)),
    addNote: procedure
      .input(z.object({ id: idSchema, note: noteSchema }))
      .mutation(({ ctx, input }) => ctx.service.addNote(input.id, input.note)),
    resolveNote: procedure
      .input(z.object({ id: idSchema, noteId: idSchema }))
      .mutation(({ ctx, input }) => ctx.service.resolveNote(input.id, input.noteId)),
  }),
  renders: t.router({
    get: procedure.input(listing).query(({ ctx, input }) => ctx.service.renders(input.id)),
    start: procedure
      .input(z.object({ id: idSchema, clipIds: z.union([clipIds, z.literal('changed')]) }))
      .mutation(({ ctx, input }) => ctx.service.render(input.id, input.clipIds)),
    cancel: procedure
      .input(z.object({ id: idSchema, clipIds: z.union([clipIds, z.literal('all')]) }))
      .mutation(({ ctx, input }) => ctx.service.cancelRender(input.id, input.clipIds)),
    look: procedure
      .input(z.object({ id: idSchema, clipIds: z.array(idSchema).max(200) }))
      .mutation(({ ctx, input }) => ctx.service.lookAtClips(input.id, input.clipIds)),
    again: procedure
      .input(z.object({ id: idSchema, clipId: idSchema, changes: rerenderSchema }))
      .mutation(({ ctx, input }) => ctx.service.rerender(input.id, input.clipId, input.changes)),
    choose: procedure
      .input(z.object({ id: idSchema, clipId: idSchema, specHash: contentIdSchema }))
      .mutation(({ ctx, input }) => ctx.service.chooseTake(input.id, input.clipId, input.specHash)),
  }),
  delivery: t.router({
    get: procedure.input(listing).query(({ ctx, input }) => ctx.service.delivery(input.id)),
    set: procedure
      // `partial` alone would fill in defaults for what was not sent.
      .input(z.object({ id: idSchema, changes: z.record(z.string(), z.unknown()) }))
      .mutation(({ ctx, input }) => {
        const sent = deliverySettingsSchema.partial().parse(input.changes);
        const names = Object.keys(input.changes);
        const changes = Object.fromEntries(Object.entries(sent).filter(([name]) => names.includes(name)));
        return ctx.service.setDelivery(input.id, changes);
      }),
    start: procedure
      .input(z.object({ id: idSchema, override: overrideSchema.nullable() }))
      .mutation(({ ctx, input }) => ctx.service.deliver(input.id, input.override)),
  }),
  person: t.router({
    get: procedure.query(({ ctx }) => ctx.service.person()),
    set: procedure.input(personSchema).mutation(({ ctx, input }) => ctx.service.setPerson(input)),
  }),
  music: t.router({
    list: procedure.query(({ ctx }) => ctx.service.music()),
    add: procedure
      .input(z.object({ paths: z.array(z.string().min(1).max(4_096)).min(1).max(50) }))
      .mutation(({ ctx, input }) => ctx.service.addMusic(input.paths)),
    remove: procedure
      .input(z.object({ id: contentIdSchema }))
      .mutation(({ ctx, input }) => ctx.service.removeMusic(input.id)),
  }),
  tasks: t.router({
    list: procedure.query(({ ctx }) => ctx.service.tasks()),
    pause: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.pauseTask(input.id)),
    resume: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.resumeTask(input.id)),
    cancel: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.cancelTask(input.id)),
    retry: procedure.input(listing).mutation(({ ctx, input }) => ctx.service.retryTask(input.id)),
  }),
  models: t.router({
    state: procedure.query(({ ctx }) => ctx.service.models()),
    pull: procedure.input(set).mutation(({ ctx, input }) => ctx.service.pullModels(input.set)),
    verify: procedure.input(set).mutation(({ ctx, input }) => ctx.service.verifyModels(input.set)),
    remove: procedure
      .input(z.object({ name: z.string().min(1).max(100) }))
      .mutation(({ ctx, input }) => ctx.service.removeModel(input.name)),
  }),
  preferences: t.router({
    get: procedure.query(({ ctx }) => ctx.service.preferences()),
    set: procedure
      // `partial` alone would fill in defaults for what was not sent.
      .input(z.object({ changes: z.record(z.string(), z.unknown()) }))
      .mutation(({ ctx, input }) => {
        const sent = preferencesSchema.partial().parse(input.changes);
        const keys = Object.keys(input.changes);
        return ctx.service.setPreferences(
          Object.fromEntries(Object.entries(sent).filter(([key]) => keys.includes(key))),
        );
      }),
  }),
  team: t.router({
    get: procedure.query(({ ctx }) => ctx.service.team()),
    connect: procedure
      .input(serverSchema)
      .mutation(({ ctx, input }) => ctx.service.connectTeam(input.url, input.token)),
    disconnect: procedure.mutation(({ ctx }) => ctx.service.disconnectTeam()),
    syncNow: procedure.mutation(({ ctx }) => ctx.service.syncNow()),
    share: procedure
      .input(z.object({ ids: idsSchema }))
      .mutation(({ ctx, input }) => ctx.service.shareListings(input.ids)),
    dismissRefused: procedure
      .input(z.object({ ids: idsSchema }))
      .mutation(({ ctx, input }) => ctx.service.dismissRefused(input.ids)),
    presence: procedure.query(({ ctx }) => ctx.service.presence()),
    lookingAt: procedure
      .input(lookingAtSchema)
      .mutation(({ ctx, input }) => ctx.service.lookingAt(input.id, input.place)),
    conflicts: procedure
      .input(z.object({ id: idSchema.nullable() }))
      .query(({ ctx, input }) => ctx.service.conflicts(input.id)),
    resolve: procedure
      .input(resolveSchema)
      .mutation(({ ctx, input }) => ctx.service.resolveConflict(input.id, input.how)),
  }),
  fleet: t.router({
    get: procedure.query(({ ctx }) => ctx.service.fleet()),
    estimate: procedure
      .input(fleetClipsSchema)
      .query(({ ctx, input }) => ctx.service.estimateFleet(input.id, input.clipIds)),
    dispatch: procedure
      .input(fleetClipsSchema)
      .mutation(({ ctx, input }) => ctx.service.dispatch(input.id, input.clipIds)),
    cancel: procedure.input(taskIdsSchema).mutation(({ ctx, input }) => ctx.service.cancelDispatch(input.taskIds)),
    retry: procedure.input(taskIdsSchema).mutation(({ ctx, input }) => ctx.service.retryDispatch(input.taskIds)),
  }),
  storage: t.router({
    summary: procedure.query(({ ctx }) => ctx.service.storage()),
    clearCaches: procedure.mutation(({ ctx }) => ctx.service.clearCaches()),
  }),
});

export type StudioRouter = typeof studioRouter;
