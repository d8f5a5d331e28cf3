/** Takes: every render attempt of a clip, kept in `<dir>/<specHash>/`; the ladder that is climbed down on failure. */
import { rm, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { z } from 'zod';
import { PicaividError, throwIfCancelled } from '../../base/errors.ts';
import { readJsonFile, sha256File, writeFileAtomic } from '../../base/files.node.ts';
import type { Models } from '../../models/types.ts';
import { readClipFile } from '../assemble/clipfile.node.ts';
import type { ClipSpec, OnProgress, RenderedClip, Take } from '../domain.ts';
import { takeSchema } from '../schemas.ts';
import { renderClip, specHash } from './clip.node.ts';
import { belowGenerated, firstRung, type Means, nextRung } from './ladder.ts';
import { LtxFailure } from './ltx/failure.ts';
import { type LtxOptions, readGeneration, renderLtxClip } from './ltx/render.node.ts';
import type { ClipInputs } from './prepare.node.ts';
import { validateClip } from './validate.node.ts';

/** The hash is absent in records of before it was kept. */
const storedTake = takeSchema.extend({ bytes: z.int().positive(), sha256: z.string().exactOptional() });

/** The share of a clip's time that rendering takes; validation is the rest. */
const RENDER_SHARE = 0.85;

export interface TakeOptions {
  /** Folder of all takes. */
  readonly dir: string;
  readonly models?: Models;
  /** Where generated clips are made; without it they step down the ladder. */
  readonly ltx?: LtxOptions;
  readonly onProgress?: OnProgress;
  readonly signal?: AbortSignal;
}

/** A complete take of this hash, or undefined: its record is valid and its clip there with the recorded bytes. */
export async function findTake(dir: string, hash: string): Promise<Take | undefined> {
  const path = join(dir, hash, 'clip.mp4');
  let stored: unknown;
  try {
    stored = await readJsonFile(join(dir, hash, 'take.json'));
  } catch (error) {
    if (error instanceof SyntaxError) return undefined;
    throw error;
  }
  const parsed = storedTake.safeParse(stored);
  if (!parsed.success || parsed.data.specHash !== hash) return undefined;
  const there = await stat(path).catch(() => undefined);
  if (there === undefined || there.size !== parsed.data.bytes) return undefined;
  const { bytes: _, sha256, ...take } = parsed.data;
  if (sha256 !== undefined && (await sha256File(path)) !== sha256) return undefined;
  // The folder may have moved since.
  return { ...take, path };
}

/** A readable clip of this many frames without a record; a record that does not fit its clip tells of damage. */
async function isUnrecordedClip(folder: string, frames: number): Promise<boolean> {
  const recorded = await stat(join(folder, 'take.json')).catch(() => undefined);
  if (recorded !== undefined) return false;
  try {
    const path = join(folder, 'clip.mp4');
    const clip = await readClipFile(path);
    const last = clip.frames - 1;
    const { size } = await stat(path);
    return clip.frames === frames && (clip.offsets[last] ?? 0) + (clip.sizes[last] ?? 0) <= size;
  } catch {
    return false; // not there, or not a clip: it is rendered
  }
}

/**
 * Refuses a photo or depth map that is not the one the spec names by its hash: a clip of another picture must never
 * come to be. Names that are no SHA-256 (of pictures that are no files of a listing) are not compared.
 */
async function sameInputs(spec: ClipSpec, inputs: ClipInputs): Promise<void> {
  const named: [string | null, string | null, string][] = [
    [spec.photoSha256, inputs.photoPath, 'The photo'],
    [spec.renderer === 'depth_parallax' ? spec.depthSha256 : null, inputs.depthPath, 'The depth map'],
  ];
  for (const [hash, path, what] of named) {
    if (hash === null || path === null || !/^[0-9a-f]{64}$/.test(hash)) continue;
    if ((await sha256File(path)) !== hash)
      throw new PicaividError(
        'file_not_found',
        `${what} ${basename(path)} has changed since it was analysed. Put the old file back, or analyse the photos again.`,
        { file: path },
      );
  }
}

function rendererOf({ renderer }: ClipSpec, ltx: LtxOptions | undefined): typeof renderClip {
  if (renderer !== 'ltx' || ltx === undefined) return renderClip;
  return (spec, inputs, path, options) => renderLtxClip(spec, inputs, path, { ...options, ...ltx });
}

/**
 * Renders and validates one spec, or gives the take that is already there. Errors: `file_not_found` for a photo or depth
 * map that is not (any more) the one of the spec, those of rendering and validation, for a generated clip `LtxFailure`.
 */
export async function renderTake(spec: ClipSpec, inputs: ClipInputs, options: TakeOptions): Promise<Take> {
  const hash = specHash(spec);
  const found = await findTake(options.dir, hash);
  if (found !== undefined) return found;
  const path = join(options.dir, hash, 'clip.mp4');
  const { onProgress, signal } = options;
  const cancel = signal === undefined ? {} : { signal };
  // Rendered by a run that was killed before it could be validated: a clip has its name only once it is whole.
  const whole = await isUnrecordedClip(join(options.dir, hash), spec.frames);
  await sameInputs(spec, inputs);
  const { frames, renderSeconds } = whole
    ? { frames: spec.frames, renderSeconds: 0 }
    : await rendererOf(spec, options.ltx)(spec, inputs, path, {
        ...cancel,
        ...(onProgress === undefined
          ? {}
          : { onProgress: (p) => onProgress({ ...p, fraction: p.fraction * RENDER_SHARE }) }),
      });
  try {
    // Once more: it may have been replaced while frames were drawn from it.
    if (!whole) await sameInputs(spec, inputs);
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
  const validation = await validateClip(spec, inputs, path, options.models, signal);
  const generation = spec.renderer === 'ltx' ? await readGeneration(join(options.dir, hash)) : undefined;
  const take: Take = {
    specHash: hash, spec, path, frames, renderSeconds, ...validation,
    ...(generation === undefined ? {} : { generation }),
  }; // biome-ignore format: a record
  const record = { ...take, bytes: (await stat(path)).size, sha256: await sha256File(path) };
  await writeFileAtomic(join(options.dir, hash, 'take.json'), JSON.stringify(record, null, 1));
  onProgress?.({ fraction: 1, sentence: 'Clip checked' });
  return take;
}

/**
 * Why a generated clip cannot be had here, as a reason to step down; undefined for what is no matter of LTX, and for a
 * server that does not answer: it may be starting again, and another attempt, here or elsewhere, renders what was asked.
 */
function cannotGenerate(spec: ClipSpec, error: unknown): string | undefined {
  if (spec.renderer !== 'ltx' || !(error instanceof PicaividError)) return undefined;
  const known = error instanceof LtxFailure ? error.kind !== 'unreachable' : error.code === 'bad_usage';
  return known
    ? `The clip could not be generated, so the move is made from the photo itself. (${error.message})`
    : undefined;
}

/**
 * Renders a clip; a take that fails validation is kept and the next rung of the ladder is tried. The last rung (the
 * photo held still) is chosen even if a figure misses. Takes that are complete in `dir` are not rendered again.
 */
export async function renderWithLadder(
  clipId: string,
  spec: ClipSpec,
  inputs: ClipInputs,
  options: TakeOptions,
): Promise<RenderedClip> {
  const means: Means = { ltx: options.ltx !== undefined, depth: inputs.depthPath !== null };
  const first = firstRung(spec, means);
  const reasons = first.reason === undefined ? [] : [first.reason];
  const takes: Take[] = [];
  let current = first.spec;
  for (;;) {
    throwIfCancelled(options.signal);
    let chosen: Take;
    try {
      chosen = await renderTake(current, inputs, options);
    } catch (error) {
      const why = cannotGenerate(current, error);
      if (why === undefined) throw error;
      reasons.push(why);
      current = belowGenerated(current, means);
      continue;
    }
    takes.push(chosen);
    const next = chosen.verdict === 'pass' ? undefined : nextRung(current, means);
    if (next === undefined) {
      const downgradeReason = reasons.join(' ');
      return { clipId, takes, chosen, ...(downgradeReason === '' ? {} : { downgradeReason }) };
    }
    reasons.push(`${next.reason} (${chosen.reasons.join(' ')})`);
    current = next.spec;
  }
}
