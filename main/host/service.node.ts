/** The studio's service over its parts: what each procedure of the router does. */
import type { Handler } from 'hono';
import { newId } from '../../db/id.node.ts';
import { FilmStore } from '../../db/studio/films.node.ts';
import { MusicTableStore } from '../../db/studio/music.node.ts';
import type { OpenedStudio } from '../../db/studio/open.node.ts';
import { removeModel } from '../../models/store.node.ts';
import type { ModelSet } from '../../models/types.ts';
import type { Settings } from '../settings.ts';
import { Analyses } from './analyses.node.ts';
import { ModelHolder, runAnalysis } from './analyze-task.node.ts';
import { Cards } from './cards.node.ts';
import { clipHandler } from './clip-files.node.ts';
import type { Notice, StudioService, SystemInfo, TaskView } from './contract.ts';
import type { HostCore } from './core.ts';
import { clearLeftoversSoon } from './deliveries-leftovers.node.ts';
import { DeliveryRun } from './deliveries-run.node.ts';
import { deliveredHandler } from './delivery-files.node.ts';
import { EventBus } from './events.ts';
import { exportHandler, titleHandler } from './film-files.node.ts';
import { FilmMix } from './film-mix.node.ts';
import { FilmPool } from './film-pool.node.ts';
import { STUDIO_PIECE } from './film-settings.ts';
import type { StudioHome } from './home.node.ts';
import type { HostLog } from './host-log.node.ts';
import {
  clearCaches,
  diagnostics,
  modelsState,
  preferences,
  runPull,
  runVerify,
  setPreferences,
  storage,
} from './housekeeping.node.ts';
import {
  addSample,
  browseFolders,
  cardOf,
  createListings,
  mustListing,
  relocateListing,
  startAnalysis,
} from './listings.node.ts';
import type { FindPhoto } from './media.node.ts';
import { Music } from './music.node.ts';
import { Renders } from './renders.node.ts';
import { reportHandler } from './review-report.node.ts';
import { reviewService } from './review-service.node.ts';
import { guardedFilms, guardedRooms } from './role-guards.node.ts';
import { act, findPhoto, history, photoFacts, roomsDocument, step } from './rooms.node.ts';
import { TaskRunner } from './tasks.node.ts';
import { TeamClient } from './team/client.node.ts';
import { FilmBuilder } from './timeline-build.node.ts';
import { filmMethods } from './timelines.node.ts';
import { missingTools } from './tools.node.ts';
import { FolderWatch } from './watch.node.ts';

export interface ServiceOptions {
  readonly home: StudioHome;
  readonly opened: OpenedStudio;
  readonly settings: Settings;
  readonly log: HostLog;
  readonly models: ModelSet | 'auto';
  readonly version: string;
  readonly keychainKey: Promise<Buffer | undefined>;
}

export interface RunningService {
  readonly service: StudioService;
  readonly core: HostCore;
  readonly music: Music;
  /** Handlers of the film's addresses. */
  readonly files: Readonly<Record<'title' | 'film' | 'clip' | 'report' | 'delivered', Handler>>;
  readonly findPhoto: FindPhoto;
  /** A folder of photos that a browser sent becomes a listing. */
  readonly createFromUpload: (folder: string) => ReturnType<StudioService['createListings']>;
  /** Something a person must know; stays until it is put away. The same text is not shown twice. */
  notice(severity: Notice['severity'], text: string, details?: string): void;
  close(): Promise<void>;
}

/** Starts the service: unfinished tasks go on at once. */
export async function startService(options: ServiceOptions): Promise<RunningService> {
  const { home, opened, settings, log, models: modelSet, version, keychainKey } = options;
  const { store, database } = opened;
  const bootId = newId();
  const bus = new EventBus(bootId);
  const analyses = new Analyses(database);
  const cards = new Cards({
    store, analyses, bus, log, ltxEnabled: settings.LTX_ENABLED, isAway: (folder) => team.hooks.away({ folder }),
  }); // biome-ignore format: parts
  const networks = new ModelHolder(modelSet);
  const tasks: TaskRunner = new TaskRunner({
    store,
    bus,
    log,
    run: {
      analyze: async (control) => {
        const { listingId } = control.task;
        await runAnalysis(core, networks, control, () => builder.listenAhead(listingId));
        if (listingId !== null) void builder.buildAhead(listingId);
      },
      pull_models: (control) => runPull(core, control).finally(() => networks.markStale()),
      verify_models: (control) => runVerify(core, control).finally(() => networks.markStale()),
      timeline: (control) => builder.run(control),
      render: (control) => renders.run(control),
      deliver: (control) => deliveries.run(control),
    },
    onSettled: ({ kind, listingId }) => {
      if (listingId !== null) bus.emit({ type: 'listing', listingId });
      if (listingId !== null && kind === 'render') bus.emit({ type: 'renders', listingId });
    },
  });
  const core: HostCore = {
    home, store, database, settings, log, bus, analyses, cards, tasks,
    get team() {
      return team.hooks;
    },
  }; // biome-ignore format: parts
  const pool = new FilmPool();
  const bring = (id: string, path: string): Promise<boolean> => team.bringMusic(id, path);
  const music = new Music({ home, table: new MusicTableStore(database), pool, bus, log, settings, bring });
  const filmCore = { core, films: new FilmStore(database), music, pool };
  const builder = new FilmBuilder(filmCore);
  const films = filmMethods(filmCore, builder);
  const renders = new Renders(filmCore, builder, networks);
  const deliveries = new DeliveryRun({ film: filmCore, builder, films, renders }, version);
  const mix = new FilmMix(filmCore, films.mustFilm);

  const rooms = guardedRooms(core, {
    act: (id, label, changes) => act(core, id, label, changes),
    undo: (id) => step(core, id, 'undo'),
    redo: (id) => step(core, id, 'redo'),
  });
  const guarded = guardedFilms(core, films);
  const team: TeamClient = new TeamClient({
    core, music, renders, filmStore: filmCore.films, films: guarded, act: rooms.act, followFilm: films.follow,
    keychainKey, notice: (severity, text) => notice(severity, text),
  }); // biome-ignore format: parts

  const reviews = reviewService({ film: filmCore, builder, films, renders }, deliveries);

  const notices = new Map<string, Notice>();
  const notice: RunningService['notice'] = (severity, text, details) => {
    if ([...notices.values()].some((one) => one.text === text)) return;
    const one: Notice = { id: newId(), severity, text, details: details ?? null };
    notices.set(one.id, one);
    bus.emit({ type: 'notice', notice: one });
  };
  for (const text of opened.notices) notice('attention', text);
  const tools = missingTools();
  if (tools !== undefined) notice('attention', tools);

  const refresh = async (id: string): Promise<TaskView> => startAnalysis(core, await mustListing(core, id));
  const watcher = new FolderWatch(log, (id) => {
    refresh(id).catch((error: unknown) => log.warn({ err: error, listingId: id }, 'a folder was not read again'));
  });
  const info = (): SystemInfo => ({
    version,
    bootId,
    platform: process.platform,
    notices: [...notices.values()],
    ltxEnabled: settings.LTX_ENABLED,
  });
  const each = async (ids: readonly string[], change: (id: string) => Promise<unknown>): Promise<void> => {
    for (const id of ids) {
      await change(id);
      bus.emit({ type: 'listing', listingId: id });
    }
  };
  const modelTask = async (kind: 'pull_models' | 'verify_models', set: 'standard' | 'light'): Promise<TaskView> =>
    tasks.view(await tasks.ensure(kind, null, { set }), null);

  // One after the other: a folder that is added twice at once is one listing.
  let creating: Promise<unknown> = Promise.resolve();
  const oneAtATime = <T>(create: () => Promise<T>): Promise<T> => {
    const next = creating.then(create);
    creating = next.catch(() => {});
    return next;
  };
  const create = (folders: readonly string[], own: boolean) =>
    oneAtATime(async () => createListings(core, folders, await preferences(core), own));

  const service: StudioService = {
    info: async () => info(),
    dismissNotice: async (id) => {
      notices.delete(id);
    },
    events: (signal) => bus.subscribe(signal),

    listListings: async () => {
      const rows = await store.listings();
      return cards.cards(rows, await tasks.views(rows));
    },
    createListings: (folders) => create(folders, false),
    addSample: () => oneAtATime(async () => addSample(core, await preferences(core))),
    renameListing: async (id, name) => {
      await mustListing(core, id);
      const row = await store.updateListing(id, { name });
      bus.emit({ type: 'listing', listingId: id });
      return cardOf(core, row);
    },
    archiveListings: (ids, archived) => each(ids, (id) => store.updateListing(id, { archived })),
    deleteListings: (ids) =>
      each(ids, async (id) => {
        await store.updateListing(id, { deletedAt: new Date().toISOString() });
        for (const task of await store.tasks())
          if (task.listingId === id && ['waiting', 'running', 'paused'].includes(task.state))
            await tasks.cancel(task.id);
      }),
    restoreListings: (ids) =>
      each(ids, async (id) => {
        const row = await store.updateListing(id, { deletedAt: null });
        // It may have been taken out in the middle of its analysis.
        if (!team.hooks.away(row) && (await analyses.get(row)) === undefined) await startAnalysis(core, row);
      }),
    relocateListing: (id, folder) => relocateListing(core, id, folder),
    refreshListing: refresh,
    browseFolders,

    rooms: async (id) => {
      await team.hooks.opened(id);
      const document = await roomsDocument(core, id);
      tasks.look(id);
      if (!document.listing.folderMissing && !team.hooks.away(document.listing))
        watcher.look(id, document.listing.folder);
      return document;
    },
    ...rooms,
    history: (id) => history(core, id),
    photoFacts: (id, photoId) => photoFacts(core, id, photoId),

    ...guarded,
    timeline: async (id) => {
      await team.hooks.opened(id);
      return films.timeline(id);
    },
    ...reviews,
    lookAtClips: async (id, clipIds) => {
      team.lookAtClips(clipIds);
      await reviews.lookAtClips(id, clipIds);
    },
    mixFacts: (id) => mix.facts(id),
    music: () => music.list(),
    addMusic: (paths) => music.add(paths),
    removeMusic: (id) => music.remove(id),

    ...team.service(),

    tasks: () => tasks.views(),
    pauseTask: (id) => tasks.pause(id),
    resumeTask: (id) => tasks.resume(id),
    cancelTask: (id) => tasks.cancel(id),
    retryTask: (id) => tasks.retry(id),

    models: () => modelsState(modelSet),
    pullModels: (set) => modelTask('pull_models', set),
    verifyModels: (set) => modelTask('verify_models', set),
    removeModel: async (name) => {
      await removeModel(name);
      networks.markStale();
      bus.emit({ type: 'models' });
    },
    preferences: () => preferences(core),
    setPreferences: (changes) => setPreferences(core, changes),
    storage: () => storage(core),
    clearCaches: () => clearCaches(core),
    diagnostics: async () => diagnostics(core, info(), await modelsState(modelSet)),
  };

  await tasks.start();
  await renders.settle();
  await team.start();
  const first = STUDIO_PIECE[(await preferences(core)).defaultTemplate];
  music.listenWhenQuiet([...new Set([first, ...Object.values(STUDIO_PIECE)])], () => !tasks.busy);
  const ending = new AbortController();
  clearLeftoversSoon(core, ending.signal);
  return {
    service,
    core,
    music,
    files: {
      title: titleHandler(filmCore),
      film: exportHandler(filmCore, builder, films.mustFilm),
      clip: clipHandler(core, renders),
      delivered: deliveredHandler(core),
      report: reportHandler({ film: filmCore, builder, films, renders }),
    },
    findPhoto: (listingId, photoId, variant) => findPhoto(core, listingId, photoId, variant),
    createFromUpload: (folder) => create([folder], true),
    notice,
    async close() {
      ending.abort();
      bus.close();
      watcher.close();
      await team.close();
      await tasks.close();
      await music.close();
      await pool.close();
      await cards.close();
      await networks.drop();
    },
  };
}
