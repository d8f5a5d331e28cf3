/**
 * What a delivery says of where its films come from: assertions in the words of C2PA (Content Credentials 2.1:
 * `c2pa.actions`, `c2pa.hash.data`, ingredients) as plain JSON beside the films. It is not signed, for there is no
 * certificate, and says so. Pure.
 */
import { z } from 'zod';
import type { Motion, RendererName, VerificationLine } from '../domain.ts';

export interface DeliveryClip {
  readonly clipId: string;
  readonly title: string;
  readonly clipPath: string;
  /** Checked where given. */
  readonly clipSha256?: string;
  readonly frames: number;
  readonly photoPath: string;
  readonly photoFile: string;
  readonly photoSha256: string;
  readonly motion: Motion;
  readonly renderer: RendererName;
  readonly seed: number;
  readonly model?: string;
  /** Everything else the take depends on, and what people decided about it. */
  readonly settings?: Readonly<Record<string, unknown>>;
}

/**
 * IPTC's terms (NewsCodes `digitalsourcetype`), as C2PA's `digitalSourceType` names them. A camera move computed from a
 * photograph adds no content of its own: the photograph is algorithmically enhanced. A film that holds generated clips
 * beside such ones is a composite with them.
 */
const TERMS = 'http://cv.iptc.org/newscodes/digitalsourcetype';
const SOURCE_TYPES = {
  generated: `${TERMS}/trainedAlgorithmicMedia`,
  moved: `${TERMS}/algorithmicallyEnhanced`,
  mixed: `${TERMS}/compositeWithTrainedAlgorithmicMedia`,
} as const;

const sha256 = z.string();
const assertionSchema = z.discriminatedUnion('label', [
  z.object({
    label: z.literal('c2pa.actions'),
    data: z.object({
      actions: z.array(
        z.object({
          action: z.string(),
          digitalSourceType: z.string(),
          softwareAgent: z.string(),
          parameters: z.record(z.string(), z.unknown()),
        }),
      ),
    }),
  }),
  z.object({ label: z.literal('c2pa.hash.data'), data: z.object({ alg: z.literal('sha256'), hash: sha256 }) }),
]);

/** `provenance.json`. */
export const provenanceSchema = z.object({
  program: z.string(),
  version: z.string(),
  claim_generator: z.string(),
  /** Null: nobody signed it with a certificate. */
  signature: z.null(),
  listing: z.string(),
  disclosure: z.string(),
  films: z.array(
    z.object({
      file: z.string(),
      sha256,
      assertions: z.array(assertionSchema),
      verification: z.array(
        z.object({ name: z.string(), expected: z.string(), measured: z.string(), pass: z.boolean() }),
      ),
      notes: z.array(z.string()),
    }),
  ),
  ingredients: z.array(
    z.object({
      title: z.string(),
      relationship: z.literal('componentOf'),
      hash: z.object({ alg: z.literal('sha256'), hash: sha256 }),
    }),
  ),
  clips: z.array(
    z.object({
      clip: z.string(),
      clip_sha256: sha256,
      photo: z.string(),
      photo_sha256: sha256,
      renderer: z.string(),
      generated_motion: z.boolean(),
      digital_source_type: z.string(),
      model: z.string().nullable(),
      seed: z.number(),
      motion: z.string(),
      frames: z.number(),
      settings: z.record(z.string(), z.unknown()),
    }),
  ),
  overrides: z.record(z.string(), z.unknown()),
});
export type Provenance = z.infer<typeof provenanceSchema>;

export interface ProvenanceRequest {
  readonly version: string;
  readonly listing: string;
  readonly disclosure: string;
  readonly films: readonly {
    readonly file: string;
    readonly sha256: string;
    readonly verification?: readonly VerificationLine[];
    readonly notes?: readonly string[];
  }[];
  readonly clips: readonly (DeliveryClip & { readonly sha256: string })[];
  readonly overrides: Readonly<Record<string, unknown>>;
}

export function provenanceOf({ version, listing, disclosure, films, clips, overrides }: ProvenanceRequest): Provenance {
  const agent = `Picaivid Studio/${version}`;
  const typeOf = ({ renderer }: DeliveryClip): string => SOURCE_TYPES[renderer === 'ltx' ? 'generated' : 'moved'];
  const generated = clips.filter(({ renderer }) => renderer === 'ltx').length;
  const whole =
    generated === 0 ? SOURCE_TYPES.moved : generated === clips.length ? SOURCE_TYPES.generated : SOURCE_TYPES.mixed;
  const actions = [
    ...clips.map((clip) => ({
      action: 'c2pa.created',
      digitalSourceType: typeOf(clip),
      softwareAgent: clip.model ?? agent,
      parameters: {
        clip: clip.clipId,
        photo: clip.photoSha256,
        motion: clip.motion,
        renderer: clip.renderer,
        seed: clip.seed,
      },
    })),
    { action: 'c2pa.edited', digitalSourceType: whole, softwareAgent: agent, parameters: { clips: clips.length } },
  ];
  const photos = new Map(clips.map(({ photoFile, photoSha256 }) => [photoSha256, photoFile]));
  return {
    program: 'Picaivid Studio',
    version,
    claim_generator: agent,
    signature: null,
    listing,
    disclosure,
    films: films.map(({ file, sha256: hash, verification = [], notes = [] }) => ({
      file,
      sha256: hash,
      assertions: [
        { label: 'c2pa.actions', data: { actions } },
        { label: 'c2pa.hash.data', data: { alg: 'sha256', hash } },
      ],
      verification: verification.map((line) => ({ ...line })),
      notes: [...notes],
    })),
    ingredients: [...photos].map(([hash, title]) => ({
      title,
      relationship: 'componentOf',
      hash: { alg: 'sha256', hash },
    })),
    clips: clips.map((clip) => ({
      clip: clip.clipId,
      clip_sha256: clip.sha256,
      photo: clip.photoFile,
      photo_sha256: clip.photoSha256,
      renderer: clip.renderer,
      generated_motion: clip.renderer === 'ltx',
      digital_source_type: typeOf(clip),
      model: clip.model ?? null,
      seed: clip.seed,
      motion: clip.motion,
      frames: clip.frames,
      settings: clip.settings ?? {},
    })),
    overrides: { ...overrides },
  };
}

const earlierSchema = z.object({ films: z.array(z.object({ file: z.string() })) });

/** Films that an earlier provenance of ours names and this delivery does not make: names only, of files beside it. */
export function filmsLeftOver(earlier: unknown, films: readonly string[]): string[] {
  const known = earlierSchema.safeParse(earlier);
  if (!known.success) return [];
  const plain = (name: string): boolean => /\.mp4$/i.test(name) && !/[/\\]/.test(name);
  return known.data.films.map(({ file }) => file).filter((name) => plain(name) && !films.includes(name));
}
