/** The studio's service over generated data in memory: for pages under test and for looking at screens. A fake. */
import { PicaividError } from '../../base/errors.ts';
import type {
  CreatedListings,
  FolderListing,
  ListingCard,
  Preferences,
  StudioEvent,
  StudioService,
  TaskView,
} from '../../main/host/contract.ts';
import { preferencesSchema } from '../../main/host/contract.ts';
import { EventBus } from '../../main/host/events.ts';
import { tidyName } from '../../main/host/folders.ts';
import { offTeam } from '../../main/host/team/off.ts';
import { JOB_STATUSES } from '../../pipeline/domain.ts';

const STREETS = [
  'Willow Lane', 'Alder Court', 'Crème Street', 'Harbour View', 'Oak Ridge Road', 'Łódź Avenue', 'Birch Terrace',
  'Kensington Park', 'Mill Pond Drive', 'Sunset Boulevard', 'Quarry Hill', 'Vineyard Way',
]; // biome-ignore format: one glance
const TOWNS = ['Portland', 'Lake Oswego', 'Beaverton', 'Hillsboro', 'Tigard'];
const DAY = 86_400_000;
const START = Date.UTC(2026, 10, 22, 9);

const NO_TEAM = offTeam();
const notHere = (): never => {
  throw new PicaividError('internal', 'The fake host does not do this.');
};

/** The nth listing: every state a card can show comes round within twelve. */
function generated(at: number): ListingCard {
  const state = at % 12;
  const id = `listing-${String(at).padStart(4, '0')}`;
  const status =
    state === 5 || state === 6
      ? 'failed'
      : state === 3 || state === 4
        ? 'analyzing'
        : (JOB_STATUSES[state] ?? 'planned');
  const name = `${12 + at * 3} ${STREETS[at % STREETS.length]}, ${TOWNS[at % TOWNS.length]}`;
  const createdAt = new Date(START - at * DAY * 0.37).toISOString();
  const draft = status === 'draft';
  return {
    id,
    name,
    folder: `/home/studio/listings/2026/${name.split(',')[0]?.toLowerCase().replaceAll(' ', '_')}`,
    status: status === 'draft' && state !== 0 ? 'planned' : state === 0 ? 'planned' : state === 1 ? 'planned' : status,
    photoCount: 18 + ((at * 7) % 30),
    rejectedCount: at % 7 === 0 ? 2 : 0,
    attentionCount: state === 0 || state === 1 || state === 8 ? (at % 5) + 1 : 0,
    posterPhotoId: draft && state > 1 ? null : `photo-${(at * 5) % 22}`,
    task: null,
    error:
      state === 5
        ? { code: 'disk_full', message: 'The disk is full. Free some space and try again; finished work is kept.' }
        : null,
    folderMissing: state === 6,
    archived: state === 11,
    createdAt,
    updatedAt: createdAt,
    template: 'classic',
    targetSeconds: 45,
  };
}

function analysis(card: ListingCard, state: TaskView['state'], fraction: number): TaskView {
  return {
    id: `task-${card.id}`,
    kind: 'analyze',
    listingId: card.id,
    listingName: card.name,
    state,
    fraction,
    sentence: `Measuring depth, ${Math.round(fraction * card.photoCount)} of ${card.photoCount}`,
    secondsLeft: Math.round((1 - fraction) * 60),
    error: null,
    createdAt: card.createdAt,
  };
}

export class FakeService implements StudioService {
  readonly uploaded = new Map<string, { name: string; bytes: number }[]>();
  /** Names of methods that fail at their next call. */
  readonly failing = new Set<string>();
  /** Answers addresses of clips and deliveries, where a test has some. */
  files: ((path: string) => { readonly type: string; readonly body: Buffer } | null) | null = null;
  private cards = new Map<string, ListingCard>();
  private readonly deleted = new Map<string, ListingCard>();
  private tasksById = new Map<string, TaskView>();
  private kept: Preferences = preferencesSchema.parse({});
  private readonly bus = new EventBus(crypto.randomUUID());
  private made = 0;

  constructor(count: number) {
    for (let at = 0; at < count; at += 1) {
      const card = generated(at);
      this.cards.set(card.id, card);
      if (card.status === 'analyzing') {
        const waiting = this.tasksById.size > 1;
        this.setTask(
          analysis(card, waiting ? 'waiting' : this.tasksById.size === 1 ? 'paused' : 'running', waiting ? 0 : 0.42),
        );
      }
    }
  }

  close(): void {
    this.bus.close();
  }
  emit(event: StudioEvent): void {
    this.bus.emit(event);
  }
  /** Moves an analysis on, as the real one would. */
  progress(listingId: string, fraction: number): void {
    this.setTask(analysis(this.card(listingId), fraction >= 1 ? 'done' : 'running', fraction));
    if (fraction >= 1) this.put({ ...this.card(listingId), status: 'planned', task: null, posterPhotoId: 'photo-0' });
  }
  put(card: ListingCard): void {
    this.cards.set(card.id, card);
    this.bus.emit({ type: 'listing', listingId: card.id });
  }

  private setTask(task: TaskView): void {
    this.tasksById.set(task.id, task);
    const card = task.listingId === null ? undefined : this.cards.get(task.listingId);
    const active = task.state === 'running' || task.state === 'waiting' || task.state === 'paused';
    if (card !== undefined) this.cards.set(card.id, { ...card, task: active ? task : null });
    this.bus.emit({ type: 'task', task });
  }
  private card(id: string): ListingCard {
    const card = this.cards.get(id);
    if (card === undefined) throw new PicaividError('file_not_found', 'This listing is not in the library (any more).');
    return card;
  }
  private mayFail(method: string): void {
    if (this.failing.delete(method)) throw new PicaividError('disk_full', 'The disk is full. Free some space.');
  }

  async info() {
    return { version: '0.0.0', bootId: 'fake', platform: 'fake', notices: [], ltxEnabled: false };
  }
  async dismissNotice(): Promise<void> {}
  events(signal: AbortSignal | undefined): AsyncIterable<StudioEvent> {
    return this.bus.subscribe(signal);
  }

  async listListings(): Promise<readonly ListingCard[]> {
    this.mayFail('listListings');
    return [...this.cards.values()];
  }
  async createListings(folders: readonly string[]): Promise<CreatedListings> {
    const created: ListingCard[] = [];
    const existing: ListingCard[] = [];
    const refused: { folder: string; error: { code: 'no_usable_photos'; message: string } }[] = [];
    for (const folder of folders) {
      const known = [...this.cards.values()].find((card) => card.folder === folder);
      if (known !== undefined) existing.push(known);
      else if (folder.includes('empty'))
        refused.push({ folder, error: { code: 'no_usable_photos', message: 'There are no photos in this folder.' } });
      else created.push(this.make(tidyName(folder.split('/').at(-1) ?? ''), folder));
    }
    return { created, existing, refused };
  }
  private make(name: string, folder: string): ListingCard {
    this.made += 1;
    const now = new Date(START + this.made * 1000).toISOString();
    const card: ListingCard = {
      ...generated(0),
      id: `new-${this.made}`,
      name,
      folder,
      status: 'analyzing',
      attentionCount: 0,
      rejectedCount: 0,
      photoCount: 22,
      posterPhotoId: null,
      createdAt: now,
      updatedAt: now,
    };
    this.put(card);
    this.setTask(analysis(card, 'running', 0.1));
    return this.card(card.id);
  }
  async addSample(): Promise<ListingCard> {
    return this.make('Sample House', '/studio/samples/listing');
  }
  async renameListing(id: string, name: string): Promise<ListingCard> {
    this.mayFail('renameListing');
    const card = { ...this.card(id), name };
    this.put(card);
    return card;
  }
  async archiveListings(ids: readonly string[], archived: boolean): Promise<void> {
    this.mayFail('archiveListings');
    for (const id of ids) this.put({ ...this.card(id), archived });
  }
  async deleteListings(ids: readonly string[]): Promise<void> {
    this.mayFail('deleteListings');
    for (const id of ids) {
      this.deleted.set(id, this.card(id));
      this.cards.delete(id);
      this.bus.emit({ type: 'listing', listingId: id });
    }
  }
  async restoreListings(ids: readonly string[]): Promise<void> {
    for (const id of ids) {
      const card = this.deleted.get(id);
      if (card !== undefined) this.put(card);
    }
  }
  async relocateListing(id: string, folder: string): Promise<ListingCard> {
    const card = { ...this.card(id), folder, folderMissing: false, status: 'planned' as const, error: null };
    this.put(card);
    return card;
  }
  async refreshListing(id: string): Promise<TaskView> {
    const card = { ...this.card(id), error: null, status: 'analyzing' as const };
    this.put(card);
    const task = analysis(card, 'running', 0);
    this.setTask(task);
    return task;
  }
  async browseFolders(path: string | null): Promise<FolderListing> {
    const at = path ?? '/home/studio/listings';
    const names = at === '/home/studio/listings' ? ['2026', 'new house', 'empty', 'archive'] : [];
    return {
      path: at,
      parent: at === '/' ? null : at.split('/').slice(0, -1).join('/') || '/',
      folders: names.map((name) => ({ name, path: `${at}/${name}`, photoCount: name === 'new house' ? 24 : 0 })),
      photoCount: at.endsWith('new house') ? 24 : 0,
    };
  }

  rooms = async () => notHere();
  act = async () => notHere();
  undo = async () => null;
  redo = async () => null;
  history = async () => [];
  photoFacts = async () => notHere();

  timeline = async () => notHere();
  buildTimeline = async () => notHere();
  proposeTimeline = async () => notHere();
  applyProposal = async () => notHere();
  editTimeline = async () => notHere();
  undoTimeline = async () => null;
  redoTimeline = async () => null;
  timelineHistory = async () => [];
  setTimelineStatus = async () => notHere();
  timelineVersions = async () => [];
  saveVersion = async () => notHere();
  renameVersion = async () => notHere();
  version = async () => notHere();
  restoreVersion = async () => notHere();
  importTimeline = async () => notHere();
  mixFacts = async () => notHere();
  music = async () => [];
  person = async () => ({ name: '', role: 'producer' as const });
  setPerson = async () => notHere();
  renders = async () => notHere();
  render = async () => notHere();
  cancelRender = async () => notHere();
  lookAtClips = async () => {};
  rerender = async () => notHere();
  chooseTake = async () => notHere();
  review = async () => notHere();
  decide = async () => notHere();
  addNote = async () => notHere();
  resolveNote = async () => notHere();
  delivery = async () => notHere();
  setDelivery = async () => notHere();
  deliver = async () => notHere();
  addMusic = async () => [];
  removeMusic = async (): Promise<void> => undefined;

  async tasks(): Promise<readonly TaskView[]> {
    return [...this.tasksById.values()];
  }
  private async change(id: string, state: TaskView['state']): Promise<void> {
    const task = this.tasksById.get(id);
    if (task !== undefined) this.setTask({ ...task, state });
  }
  pauseTask = (id: string): Promise<void> => this.change(id, 'paused');
  resumeTask = (id: string): Promise<void> => this.change(id, 'running');
  cancelTask = (id: string): Promise<void> => this.change(id, 'cancelled');
  retryTask = (id: string): Promise<void> => this.change(id, 'running');

  models = async () => ({ rows: [], inUse: 'Methods made by hand; no network is installed.' });
  pullModels = async () => notHere();
  verifyModels = async () => notHere();
  removeModel = async (): Promise<void> => undefined;
  async preferences(): Promise<Preferences> {
    return this.kept;
  }
  async setPreferences(changes: Partial<Preferences>): Promise<Preferences> {
    this.kept = { ...this.kept, ...changes };
    return this.kept;
  }
  storage = async () => ({ home: '/home/studio/.picaivid', parts: [], freeBytes: 2e11 });
  clearCaches = () => this.storage();
  diagnostics = async () => ({ file: 'diagnostics.txt', text: '' });

  team = NO_TEAM.team;
  connectTeam = NO_TEAM.connectTeam;
  disconnectTeam = NO_TEAM.disconnectTeam;
  syncNow = NO_TEAM.syncNow;
  shareListings = NO_TEAM.shareListings;
  dismissRefused = NO_TEAM.dismissRefused;
  presence = NO_TEAM.presence;
  lookingAt = NO_TEAM.lookingAt;
  conflicts = NO_TEAM.conflicts;
  resolveConflict = NO_TEAM.resolveConflict;
  fleet = NO_TEAM.fleet;
  estimateFleet = NO_TEAM.estimateFleet;
  dispatch = NO_TEAM.dispatch;
  cancelDispatch = NO_TEAM.cancelDispatch;
  retryDispatch = NO_TEAM.retryDispatch;
}
