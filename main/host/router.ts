/**
 * The typed procedures of the studio. Pure: the service behind them is in the context, so pages take this router's type
 * without taking the host.
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
  storage: t.router({
    summary: procedure.query(({ ctx }) => ctx.service.storage()),
    clearCaches: procedure.mutation(({ ctx }) => ctx.service.clearCaches()),
  }),
});

export type StudioRouter = typeof studioRouter;
