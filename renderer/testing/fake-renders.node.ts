/**
 * Renders and deliveries for the fake host: a made-up film over the sample's pictures with clips in every state, which
 * move on when a test says so. A fake: nothing is rendered, nothing is written, one short film stands for all.
 */
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PicaividError } from '../../base/errors.ts';
import type { ListingCard, TaskView } from '../../main/host/contract.ts';
import type {
  Blocker,
  ClipRender,
  DeliverDocument,
  DeliveredFilm,
  DeliverySettings,
  DeliveryView,
  Person,
  RendersDocument,
  Rerender,
  TakeView,
} from '../../main/host/review-contract.ts';
import { deliverySettingsSchema } from '../../main/host/review-contract.ts';
import { filmSettingsSchema, type TimelineDocument } from '../../main/host/timeline-contract.ts';
import type { Motion, Timeline } from '../../pipeline/domain.ts';
import { ffmpegPath } from '../../pipeline/media/ffmpeg.node.ts';
import { mustMay } from '../../pipeline/roles.ts';
import { FPS_30 } from '../../pipeline/time.ts';
import type { FakeService } from './fake-service.node.ts';

/** Rooms with their photo among the sample's. */
const ROOMS: readonly (readonly [string, number])[] = [
  ['Front', 0], ['Entry', 1], ['Living room', 2], ['Kitchen', 6], ['Dining room', 9], ['Primary bedroom', 12],
  ['Bedroom', 15], ['Bathroom', 18], ['Patio', 20], ['Garden', 21],
]; // biome-ignore format: one glance
const MOVES: readonly Motion[] = ['push_in', 'dolly_left', 'orbit_right', 'pull_out', 'crane_up', 'pan_right'];
const FRAMES = 120;
const START = Date.UTC(2026, 10, 22, 14, 3);

function takeOf(clip: number, number: number, motion: Motion, pass: boolean, seed = 7): TakeView {
  const still = motion === 'static';
  return {
    specHash: createHash('sha256').update(`${clip} ${motion} ${seed}`).digest('hex'),
    number,
    renderer: still ? 'ken_burns' : 'depth_parallax',
    motion,
    amount: 0.6,
    seed,
    frames: FRAMES,
    frameRate: FPS_30,
    width: 1920,
    height: 1080,
    verdict: pass ? 'pass' : 'fail',
    validationScore: pass ? 0.9 + (clip % 8) / 100 : 0.41,
    figures: [
      { name: 'first_frame_ssim', value: 0.982, limit: 0.93, pass: true },
      { name: 'motion_deviation', value: pass ? 0.06 : 0.71, limit: 0.35, pass },
      { name: 'flicker', value: 0.004, limit: 0.02, pass: true },
      { name: 'repeated_share', value: 0, limit: 0.1, pass: true },
      { name: 'black_frames', value: 0, limit: 0, pass: true },
    ],
    reasons: pass ? [] : ['The measured motion is smaller than the one asked for.'],
    renderSeconds: 8.4 + clip,
    bytes: 3_412_000 + clip * 120_000,
    at: new Date(START + number * 90_000 + clip * 600_000).toISOString(),
    current: false,
    file: 'present',
  };
}

/** The nth clip: every state comes round within eight. */
function clipOf(index: number): ClipRender {
  const kind = index % 8;
  const motion = MOVES[index % MOVES.length] ?? 'push_in';
  const [room, photo] = ROOMS[index % ROOMS.length] ?? ['Other', 0];
  const two = kind === 2 || kind === 6;
  const takes =
    kind === 1 || kind === 5
      ? []
      : two
        ? [takeOf(index, 1, motion, false), { ...takeOf(index, 2, 'push_in', true), current: true }]
        : [{ ...takeOf(index, 1, motion, kind !== 7), current: true }];
  return {
    clipId: `clip-${String(index).padStart(4, '0')}`,
    index,
    photoId: `photo-${photo}`,
    photoFile: `IMG_${2_204 + index * 3}.jpg`,
    room,
    motion,
    renderer: 'depth_parallax',
    amount: 0.6,
    seed: 7,
    allowedMotions: ['static', ...MOVES.filter((move) => !move.startsWith('orbit'))],
    startFrame: index * 90,
    durationFrames: 90,
    usedFrames: { first: 8, last: 105 },
    moveFrames: FRAMES,
    state: kind === 1 || kind === 5 ? 'missing' : kind === 4 ? 'failed' : kind === 6 ? 'stale' : 'rendered',
    progress: null,
    place: null,
    error:
      kind === 4
        ? {
            code: 'disk_full',
            message: 'The disk is full. Free some space and try again; finished takes are kept.',
            file: `IMG_${2_204 + index * 3}.jpg`,
          }
        : null,
    review: kind === 0 ? 'approved' : kind === 3 ? 'changes_requested' : kind === 7 ? 'rejected' : 'pending',
    takes,
    downgradeReason:
      kind === 2 ? 'An orbit tore the mirror apart, so the camera pushes in instead; the second try passed.' : null,
    estimateSeconds: 17 + (index % 5),
  };
}

const VERIFIED: DeliveredFilm['verification'] = [
  { name: 'streams', expected: 'video, audio', measured: 'video, audio', pass: true },
  { name: 'frame rate', expected: '30', measured: '30', pass: true },
  { name: 'frames', expected: '720', measured: '720', pass: true },
  { name: 'cuts', expected: 'frames 90, 180, 270, 360, 450, 540, 630', measured: 'all found', pass: true },
  { name: 'loudness', expected: '−14 ±0.5 LUFS', measured: '−14.1 LUFS', pass: true },
  { name: 'true peak', expected: '≤ −1 dBTP', measured: '−1.3 dBTP', pass: true },
  { name: 'black run', expected: 'none', measured: 'none', pass: true },
];

export class FakeRenders {
  clips: ClipRender[];
  person: Person = { name: 'Ana Ruiz', role: 'producer' };
  task: TaskView | null = null;
  deliveries: DeliveryView[] = [];
  blockers: Blocker[] | null = null;
  cautions: readonly string[] = [];
  settings: DeliverySettings;
  filmRevision = 3;
  /** Names of methods that fail at their next call. */
  readonly failing = new Set<string>();
  /** Calls by name, with what was asked. */
  readonly calls: { readonly name: string; readonly input: unknown }[] = [];
  private readonly service: FakeService;
  readonly listingId: string;

  constructor(service: FakeService, listingId: string, count: number) {
    this.service = service;
    this.listingId = listingId;
    this.clips = Array.from({ length: count }, (_, index) => clipOf(index));
    this.settings = deliverySettingsSchema.parse({
      outputs: [{ shape: '16:9' }, { shape: '9:16' }],
      disclosure: 'Camera moves in this film were made from photographs with software. The rooms are as photographed.',
    });
    const { clip, strip, frame } = pictures();
    service.files = (path) => {
      if (path.endsWith('strip.jpg')) return { type: 'image/jpeg', body: strip };
      if (path.endsWith('.png')) return { type: 'image/png', body: frame };
      return path.endsWith('.mp4') ? { type: 'video/mp4', body: clip } : null;
    };
    Object.assign(service, {
      person: async () => this.person,
      setPerson: async (person: Person) => {
        this.person = person;
        return person;
      },
      timeline: () => this.timeline(),
      renders: () => this.document('renders'),
      render: (_: string, ids: readonly string[] | 'changed') => this.render(ids),
      cancelRender: (_: string, ids: readonly string[] | 'all') => this.cancel(ids),
      lookAtClips: async (_: string, ids: readonly string[]) => void this.calls.push({ name: 'look', input: ids }),
      rerender: (_: string, id: string, changes: Rerender) => this.rerender(id, changes),
      chooseTake: (_: string, id: string, hash: string) => this.choose(id, hash),
      delivery: () => this.deliverDocument('delivery'),
      setDelivery: async (_: string, changes: Partial<DeliverySettings>) => {
        this.settings = { ...this.settings, ...changes };
        return this.deliverDocument('setDelivery');
      },
      deliver: (_: string, override: DeliveryView['override']) => this.deliver(override),
    });
  }

  private async card(): Promise<ListingCard> {
    const card = (await this.service.listListings()).find((one) => one.id === this.listingId);
    if (card === undefined) throw new PicaividError('file_not_found', 'This listing is not in the library (any more).');
    return card;
  }
  private mayFail(name: string): void {
    if (this.failing.delete(name)) throw new PicaividError('disk_full', 'The disk is full. Free some space.');
  }

  private async document(name: string): Promise<RendersDocument> {
    this.mayFail(name);
    const { clips, person, task, filmRevision } = this;
    return { listing: await this.card(), filmRevision, frameRate: FPS_30, clips, task, person };
  }

  private async timeline(): Promise<TimelineDocument> {
    const clips = this.clips.map((clip) => ({
      id: clip.clipId,
      orderKey: clip.clipId,
      photoId: clip.photoId,
      clusterId: clip.room,
      motion: clip.motion,
      amount: clip.amount,
      renderer: clip.renderer,
      moveFrames: clip.moveFrames,
      sourceInFrame: 8,
      durationFrames: clip.durationFrames,
      transitionIn: { type: 'cut' as const, frames: 0 },
      audioPolicy: 'mute' as const,
      reason: '',
    }));
    const timeline: Timeline = {
      id: 'film', version: 1, status: 'draft', template: 'classic', frameRate: FPS_30, width: 1920, height: 1080, clips,
      beats: [], music: null, titles: [], markers: [], leftOut: [],
    }; // biome-ignore format: one glance
    return {
      listing: await this.card(),
      settings: filmSettingsSchema.parse({ template: 'classic', targetSeconds: 45 }),
      timeline,
      revision: this.filmRevision,
      undo: null,
      redo: null,
      analysis: null,
      light: {},
      track: null,
      music: null,
      stale: false,
      versionName: null,
    };
  }

  /** Changes a clip and tells the pages. */
  put(id: string, change: Partial<ClipRender>): void {
    this.clips = this.clips.map((clip) => (clip.clipId === id ? { ...clip, ...change } : clip));
    this.service.emit({ type: 'renders', listingId: this.listingId });
  }
  /** The running clip is so far: an event of its own. */
  progress(id: string, fraction: number): void {
    const progress = { fraction, sentence: `Frame ${Math.round(fraction * FRAMES)} of ${FRAMES}`, secondsLeft: 40 };
    this.clips = this.clips.map((clip) => (clip.clipId === id ? { ...clip, state: 'rendering', progress } : clip));
    this.service.emit({ type: 'render_progress', listingId: this.listingId, clipId: id, progress });
  }

  private async render(ids: readonly string[] | 'changed'): Promise<RendersDocument> {
    this.calls.push({ name: 'render', input: ids });
    this.mayFail('render');
    mustMay(this.person.role, 'render clips');
    let place = 0;
    this.clips = this.clips.map((clip) => {
      const wanted = ids === 'changed' || ids.includes(clip.clipId);
      if (!wanted || clip.state === 'rendered') return clip;
      place += 1;
      return { ...clip, state: 'queued', place, error: null };
    });
    this.task = {
      id: 'task-render',
      kind: 'render',
      listingId: this.listingId,
      listingName: (await this.card()).name,
      state: 'running',
      fraction: 0.1,
      sentence: `Clip 1 of ${place}`,
      secondsLeft: place * 18,
      error: null,
      createdAt: new Date(START).toISOString(),
    };
    return this.document('rendered');
  }
  private async cancel(ids: readonly string[] | 'all'): Promise<RendersDocument> {
    this.calls.push({ name: 'cancel', input: ids });
    this.clips = this.clips.map((clip) =>
      clip.state === 'queued' && (ids === 'all' || ids.includes(clip.clipId))
        ? { ...clip, state: clip.takes.length === 0 ? 'missing' : 'stale', place: null }
        : clip,
    );
    return this.document('cancelled');
  }
  private async rerender(id: string, changes: Rerender): Promise<RendersDocument> {
    this.calls.push({ name: 'rerender', input: changes });
    const { seed, ...film } = changes;
    const clean = Object.fromEntries(Object.entries({ ...film, seed }).filter(([, value]) => value !== undefined));
    this.clips = this.clips.map((clip) =>
      clip.clipId === id ? { ...clip, ...clean, state: 'queued', place: 1, review: 'pending' } : clip,
    );
    return this.document('rerendered');
  }
  private async choose(id: string, hash: string): Promise<RendersDocument> {
    this.clips = this.clips.map((clip) =>
      clip.clipId === id
        ? {
            ...clip,
            review: 'pending',
            takes: clip.takes.map((take) => ({ ...take, current: take.specHash === hash })),
          }
        : clip,
    );
    return this.document('chosen');
  }

  private async deliverDocument(name: string): Promise<DeliverDocument> {
    this.mayFail(name);
    const blockers =
      this.blockers ??
      this.clips.flatMap((clip): Blocker[] => {
        const clipId = clip.clipId;
        if (clip.takes.length === 0)
          return [{ kind: 'not_rendered', sentence: `${clip.room} (clip ${clip.index + 1}) is not rendered.`, clipId }];
        if (clip.review !== 'approved')
          return [{ kind: 'unapproved', sentence: `${clip.room} (clip ${clip.index + 1}) is not approved.`, clipId }];
        return [];
      });
    return {
      listing: await this.card(),
      filmRevision: this.filmRevision,
      totalFrames: this.clips.length * 90,
      frameRate: FPS_30,
      settings: this.settings,
      blockers,
      cautions: this.cautions,
      deliveries: this.deliveries,
      task: this.task?.kind === 'deliver' ? this.task : null,
      person: this.person,
    };
  }
  private async deliver(override: DeliveryView['override']): Promise<DeliverDocument> {
    this.calls.push({ name: 'deliver', input: override });
    this.mayFail('deliver');
    mustMay(this.person.role, 'deliver films');
    this.deliveries = [this.made(`delivery-${this.deliveries.length + 1}`, override), ...this.deliveries];
    return this.deliverDocument('delivered');
  }
  /** A finished delivery of what is set. */
  made(id: string, override: DeliveryView['override']): DeliveryView {
    return {
      id,
      state: 'done',
      at: new Date(START + 7_200_000).toISOString(),
      by: this.person,
      filmRevision: this.filmRevision,
      settings: this.settings,
      folder: `/home/studio/listings/2026/12_willow_lane/delivery ${this.deliveries.length + 1}`,
      folderMissing: false,
      films: this.settings.outputs.map((output) => ({
        output,
        name: `film_${output.shape.replace(':', 'x')}_${output.resolution}.mp4`,
        state: 'done',
        progress: null,
        error: null,
        bytes: 41_200_000,
        seconds: 12.6,
        verification: VERIFIED,
        notes: [],
        copiedFrames: output.shape === '16:9' ? 612 : 0,
        encodedFrames: output.shape === '16:9' ? 108 : 720,
      })),
      override,
      error: null,
    };
  }
  tell(): void {
    this.service.emit({ type: 'deliveries', listingId: this.listingId });
  }
}

/** Two seconds over one of the sample's photos, and its frames beside each other. Made once. */
function pictures(): { readonly clip: Buffer; readonly strip: Buffer; readonly frame: Buffer } {
  const folder = mkdtempSync(join(tmpdir(), 'picaivid-fake-'));
  const photo = fileURLToPath(new URL('../../samples/listing/07_kitchen_a.jpg', import.meta.url));
  const [clip, strip, frame] = [join(folder, 'clip.mp4'), join(folder, 'strip.jpg'), join(folder, 'frame.png')];
  const run = (...words: string[]): void => {
    const { status, stderr } = spawnSync(ffmpegPath(), ['-v', 'error', '-y', ...words]);
    if (status !== 0) throw new Error(String(stderr));
  };
  try {
    run(
      '-loop', '1', '-framerate', '30', '-i', photo, '-frames:v', '60', '-vf',
      "scale=640:-2,crop=480:270:'2*n':40,format=yuv420p", '-c:v', 'libx264', '-preset', 'ultrafast', '-movflags', '+faststart', clip,
    ); // biome-ignore format: words of a command
    run('-i', clip, '-frames:v', '1', '-vf', 'framestep=3,scale=160:90,tile=20x1', strip);
    run('-i', clip, '-frames:v', '1', frame);
    return { clip: readFileSync(clip), strip: readFileSync(strip), frame: readFileSync(frame) };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}
