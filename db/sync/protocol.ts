/**
 * What studios and the team's service say to each other: operations with their outcomes, the feed, blobs, presence.
 * Pure. Every change of a team's data is one operation; the server gives each its place in one order, and a studio's
 * state is that order with its own unanswered operations on top (RELIABILITY.md, Sync).
 *
 * An operation is made once, kept in the studio's outbox in the transaction of the change itself, and may be sent any
 * number of times: the server knows it by its id. What the feed carries is what took effect (a rebased edit, say), so
 * every store that applied the same feed holds the same.
 */
import { z } from 'zod';
import { ERROR_CODES } from '../../base/errors.ts';
import { TEMPLATE_NAMES } from '../../pipeline/domain.ts';
import { markSchema, REJECT_REASONS } from '../../pipeline/review.ts';
import { ROLES } from '../../pipeline/roles.ts';
import { FIELDS, isFieldValue } from '../../pipeline/rooms/decisions.ts';
import { editSchema } from '../../pipeline/timeline/edits-types.ts';
import { timelineSchema } from '../../pipeline/timeline/schema.ts';

/** Operations in one push; a studio sends the rest with the next one. */
export const MAX_PUSH = 500;
/** Entries in one answer of the feed. */
export const MAX_FEED = 1000;

/** UUIDv7 text, made offline. */
export const idSchema = z.uuid();
export const sha256Schema = z.string().regex(/^[0-9a-f]{64}$/);
const text = (most: number) => z.string().max(most);
const moment = z.iso.datetime();
const seconds = z.number().min(0).max(36_000);

/** Roles of a key: the three of people, and two of machines and operators. */
export const KEY_ROLES = [...ROLES, 'worker', 'admin'] as const;
export type KeyRole = (typeof KEY_ROLES)[number];

/** Who did it, as the server knows them by their key; a studio's own word for the name. */
export const actorSchema = z.object({ name: text(80), role: z.enum(KEY_ROLES) });
export type Actor = z.infer<typeof actorSchema>;

/** A file of the team by its content. */
export const blobRefSchema = z.object({ sha256: sha256Schema, bytes: z.int().nonnegative() });
export type BlobRef = z.infer<typeof blobRefSchema>;

/** A photo's place in a listing: its name in the folder, its bytes, its depth map where there is one. */
export const photoRefSchema = z.object({
  photoId: z.string().min(1).max(100),
  file: text(255),
  blob: blobRefSchema,
  depth: blobRefSchema.nullable(),
});

const changeSchema = z
  .object({ field: z.enum(FIELDS), subject: text(200).min(1), from: z.unknown(), to: z.unknown() })
  .refine(({ field, from, to }) => isFieldValue(field, from) && isFieldValue(field, to), 'not a value of this field');

const listingFields = {
  name: text(200).min(1),
  archived: z.boolean(),
  deletedAt: moment.nullable(),
  template: z.enum(TEMPLATE_NAMES),
  targetSeconds: z.number().min(5).max(600),
} as const;
export type ListingField = keyof typeof listingFields;
const listingSet = <F extends ListingField>(field: F) =>
  z.object({ kind: z.literal('listing.set'), field: z.literal(field), from: listingFields[field], to: listingFields[field] }); // biome-ignore format: one shape

/** Settings, source and track are the host's and pipeline's own JSON: parsed where they are used. */
const filmFacts = { settings: z.unknown(), sourceKey: text(200) };

export const operationBodySchema = z.union([
  /** A listing comes to the team: from a studio's folder, or from the backend. */
  z.object({
    kind: z.literal('listing.create'),
    name: listingFields.name,
    template: listingFields.template,
    targetSeconds: listingFields.targetSeconds,
    createdAt: moment,
  }),
  /** One field of the listing's card: last writer in server order. */
  z.union([listingSet('name'), listingSet('archived'), listingSet('deletedAt'), listingSet('template'), listingSet('targetSeconds')]), // biome-ignore format: one shape
  /** The listing's photos as set operations; their bytes are uploaded before. */
  z.object({ kind: z.literal('photos.set'), put: z.array(photoRefSchema).max(500), remove: z.array(text(100)).max(500) }), // biome-ignore format: one shape
  /** A new analysis, whole, as a blob of JSON (`main/host/team/analysis-blob.node.ts`), with what the card shows. Last writer. */
  z.object({
    kind: z.literal('analysis.set'),
    blob: blobRefSchema,
    photoCount: z.int().nonnegative(),
    rejectedCount: z.int().nonnegative(),
    posterPhotoId: text(100).nullable(),
  }),
  /** A person's action on rooms, an undo or a redo: registers, last writer per field and subject. */
  z.object({ kind: z.literal('rooms.act'), label: text(300), changes: z.array(changeSchema).min(1).max(5000) }),
  /** The first film of a listing. A second one becomes a version. */
  z.object({ kind: z.literal('film.create'), timeline: timelineSchema, ...filmFacts }),
  /**
   * One step of the film, undo and redo among them. `revision` is the server's revision of the film that it was made
   * on: the server rebases it, or keeps the maker's film as a version and says so.
   */
  z.object({
    kind: z.literal('film.edit'),
    revision: z.int().nonnegative(),
    label: text(300),
    edit: editSchema,
    settings: z.unknown().optional(),
    sourceKey: text(200).optional(),
    /**
     * The maker's film with this step, where it followed others' steps while own ones waited: if those go to a version,
     * the server cannot know how far the two went together, and this is what is kept.
     */
    seen: timelineSchema.optional(),
  }),
  /** `revision` as in film.edit: approving a film that others have changed since is refused. */
  z.object({
    kind: z.literal('film.status'),
    status: z.enum(['draft', 'approved', 'locked']),
    revision: z.int().nonnegative().optional(),
  }),
  /** A named version, whole. */
  z.object({ kind: z.literal('film.version'), versionId: idSchema, name: text(120), timeline: timelineSchema, ...filmFacts }), // biome-ignore format: one shape
  /** Music that films name by its hash; of a listing, so that it comes with it. */
  z.object({
    kind: z.literal('music.add'),
    blob: blobRefSchema,
    name: text(255),
    extension: z.string().regex(/^[a-z0-9]{1,8}$/),
    licence: text(2000).nullable(),
    duration: seconds.nullable(),
    /** The BeatTrack, so that nobody has to listen again; null where nobody has. */
    track: z.unknown().nullable(),
    trackKey: text(200).nullable(),
  }),
  /** A rendered take, from a studio or a worker; unique per clip and spec. `take` is the Take without its path. */
  z.object({
    kind: z.literal('take.add'),
    clipId: z.string().min(1).max(100),
    specHash: sha256Schema,
    askedHash: sha256Schema,
    take: z.unknown(),
    blob: blobRefSchema,
    downgradeReason: text(4000).nullable(),
  }),
  z.object({ kind: z.literal('take.choose'), clipId: z.string().min(1).max(100), askedHash: sha256Schema, specHash: sha256Schema }), // biome-ignore format: one shape
  /** Another motion, renderer, amount or seed of one clip goes by film.edit; the seed is the clip's own. */
  z.object({ kind: z.literal('clip.seed'), clipId: z.string().min(1).max(100), seed: z.int().min(0).max(2_147_483_647) }), // biome-ignore format: one shape
  /** Signed by a reviewer. Refused when the take is not the clip's current one any more. */
  z.object({
    kind: z.literal('review.decide'),
    decisionId: idSchema,
    clipId: z.string().min(1).max(100),
    specHash: sha256Schema,
    state: z.enum(['approved', 'changes_requested', 'rejected']),
    reason: z.enum(REJECT_REASONS).nullable(),
    comment: text(4000),
  }),
  z.object({
    kind: z.literal('review.note'),
    noteId: idSchema,
    clipId: z.string().min(1).max(100),
    specHash: sha256Schema,
    inFrame: z.int().nonnegative(),
    outFrame: z.int().nonnegative(),
    text: text(4000),
    marks: z.array(markSchema).max(200),
  }),
  z.object({ kind: z.literal('review.resolve'), resolutionId: idSchema, noteId: idSchema }),
]);
export type OperationBody = z.infer<typeof operationBodySchema>;
export type OperationKind = OperationBody['kind'];

export const operationSchema = z.object({
  id: idSchema,
  listingId: idSchema,
  /** Place in the feed up to which the maker had applied everything of this listing: what it knew. */
  base: z.int().nonnegative(),
  /** The maker's clock: shown, never trusted. */
  madeAt: moment,
  /** The person's own name; the role is the key's. */
  person: text(80),
  body: operationBodySchema,
});
export type Operation = z.infer<typeof operationSchema>;

/** What became of an operation. Every one is answered, and none holds up those behind it. */
export const outcomeSchema = z.discriminatedUnion('outcome', [
  /** It took effect at this place; `conflicts` are values that it overwrote and its maker had not seen. */
  z.object({ id: idSchema, outcome: z.literal('applied'), seq: z.int().positive(), conflicts: z.array(idSchema) }),
  /** A film edit that does not go with what came before it: its maker's film is kept as this version. */
  z.object({ id: idSchema, outcome: z.literal('branched'), seq: z.int().positive(), versionId: idSchema, reason: z.string() }), // biome-ignore format: one shape
  z.object({ id: idSchema, outcome: z.literal('refused'), code: z.enum(ERROR_CODES), reason: z.string() }),
]);
export type Outcome = z.infer<typeof outcomeSchema>;

/** What the feed carries: an operation as it took effect. */
export const feedEntrySchema = z.object({
  seq: z.int().positive(),
  /** The operation's id: a studio knows its own by it. */
  id: idSchema,
  listingId: idSchema,
  clientId: idSchema,
  actor: actorSchema,
  at: moment,
  body: operationBodySchema,
  /** The server's film revision after it, for film.* */
  filmRevision: z.int().nonnegative().nullable(),
});
export type FeedEntry = z.infer<typeof feedEntrySchema>;

/** Overwritten values, and films that went apart; shown until somebody settles them. */
export const conflictSchema = z.object({
  id: idSchema,
  listingId: idSchema,
  kind: z.enum(['register', 'listing', 'film']),
  /** Of registers and listing fields. */
  field: z.string(),
  subject: z.string(),
  /** The value that stands, and the one that was overwritten; for films null and the version's id. */
  kept: z.unknown(),
  lost: z.unknown(),
  keptBy: actorSchema,
  lostBy: actorSchema,
  seq: z.int().positive(),
  at: moment,
  resolvedAt: moment.nullable(),
});
export type Conflict = z.infer<typeof conflictSchema>;

// ───────────────────────────── Requests and answers ─────────────────────────────

/** `POST /sync/push` */
export const pushRequestSchema = z.object({ clientId: idSchema, operations: z.array(operationSchema).min(1).max(MAX_PUSH) }); // biome-ignore format: one shape
export const pushAnswerSchema = z.object({ outcomes: z.array(outcomeSchema) });

/**
 * `GET /sync/feed?after=<seq>&limit=<n>&wait=<seconds>`: entries in order, none left out that may still come before
 * them. `head` is the last place that may be read now. `GET /sync/events?after=` gives the same as server-sent events.
 */
export const feedAnswerSchema = z.object({
  entries: z.array(feedEntrySchema),
  next: z.int().nonnegative(),
  head: z.int().nonnegative(),
});
export type FeedAnswer = z.infer<typeof feedAnswerSchema>;

/** `GET /sync/listings?after=<id>&limit=`: cards of a large team, for the first sync; usable before the feed is read. */
export const listingCardSchema = z.object({
  id: idSchema,
  name: z.string(),
  template: z.enum(TEMPLATE_NAMES),
  targetSeconds: z.number(),
  status: z.string(),
  archived: z.boolean(),
  deletedAt: moment.nullable(),
  photoCount: z.int(),
  posterPhotoId: z.string().nullable(),
  createdAt: moment,
  updatedAt: moment,
  seq: z.int().nonnegative(),
});
export const listingsAnswerSchema = z.object({ listings: z.array(listingCardSchema), next: z.string().nullable(), head: z.int().nonnegative() }); // biome-ignore format: one shape

/** `GET /sync/listings/{id}`: the whole of one listing as operations that make it from nothing, at place `seq`. */
export const snapshotSchema = z.object({
  listingId: idSchema,
  seq: z.int().nonnegative(),
  filmRevision: z.int().nonnegative(),
  entries: z.array(feedEntrySchema),
  conflicts: z.array(conflictSchema),
});
export type Snapshot = z.infer<typeof snapshotSchema>;

/** `POST /sync/presence` → everybody of the team who was seen in the last half minute. */
export const presenceSchema = z.object({
  clientId: idSchema,
  name: text(80),
  role: z.enum(KEY_ROLES),
  listingId: idSchema.nullable(),
  /** Screen: library, rooms, timeline, renders, review, deliver. */
  place: text(40),
  seenAt: moment,
});
export type Presence = z.infer<typeof presenceSchema>;

/** `GET /sync/hello`: whose key this is. */
export const helloSchema = z.object({
  teamId: idSchema,
  teamName: z.string(),
  keyName: z.string(),
  role: z.enum(KEY_ROLES),
  /** The last place of the feed that may be read now. */
  head: z.int().nonnegative(),
  version: z.string(),
});
export type Hello = z.infer<typeof helloSchema>;
