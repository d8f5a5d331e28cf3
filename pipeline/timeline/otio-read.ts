/**
 * The structure of OpenTimelineIO JSON as the import reads it: objects by schema, whatever their version, with times at
 * the file's own rates. What is not such a file, or is built in a way that has no meaning here, is refused by a
 * sentence that names it.
 */
import { z } from 'zod';
import { PicaividError } from '../../base/errors.ts';

/** Longest file text, characters: a film of 500 shots and 2,000 beats takes under 3 million. */
const MAX_TEXT = 50_000_000;

const timeSchema = z.object({ value: z.number(), rate: z.number().positive() });
const rangeSchema = z.object({ start_time: timeSchema, duration: timeSchema });
/** Start and length in seconds, and the rate they were counted at. */
export interface ReadRange {
  readonly startSeconds: number;
  readonly seconds: number;
  readonly startFrames: number;
  readonly frames: number;
  readonly rate: number;
}

const nodeSchema = z.looseObject({
  OTIO_SCHEMA: z.string(),
  name: z.string().nullish(),
  metadata: z.record(z.string(), z.unknown()).nullish(),
  enabled: z.boolean().nullish(),
  children: z.array(z.unknown()).nullish(),
  markers: z.array(z.unknown()).nullish(),
  effects: z.array(z.unknown()).nullish(),
});
/** One object of the file. */
export type OtioNode = z.infer<typeof nodeSchema>;

/** The only timeline of a file, which may be wrapped into a collection. Throws `bad_usage` or `file_too_large`. */
export function readOtio(text: string): OtioNode {
  if (text.length > MAX_TEXT) {
    throw new PicaividError('file_too_large', 'This .otio file is larger than any film. Export only the film itself.');
  }
  let json: unknown;
  try {
    json = JSON.parse(text.charCodeAt(0) === 0xfeff ? text.slice(1) : text);
  } catch (error) {
    throw new PicaividError('bad_usage', 'This is not an OpenTimelineIO file: it is not JSON.', { cause: error });
  }
  const root = nodeOf(json);
  if (root === undefined) throw bad('This is not an OpenTimelineIO file: it does not say what it holds.');
  if (kindOf(root) === 'Timeline') return root;
  if (kindOf(root) === 'SerializableCollection') {
    const timelines = childrenOf(root).filter((child) => kindOf(child) === 'Timeline');
    if (timelines.length === 1 && timelines[0] !== undefined) return timelines[0];
    throw bad(`This file holds ${timelines.length} timelines. Export one of them alone.`);
  }
  throw bad(`This OpenTimelineIO file holds a ${kindOf(root)}, not a timeline.`);
}

/** `Clip` of `Clip.2`. */
export function kindOf(node: OtioNode): string {
  return node.OTIO_SCHEMA.replace(/\.\d+$/, '');
}

export function nodeOf(value: unknown): OtioNode | undefined {
  const parsed = nodeSchema.safeParse(value);
  return parsed.success ? parsed.data : undefined;
}

/** Children that are objects of the format. Throws for anything else: dropping it would shift what follows. */
export function childrenOf(node: OtioNode): OtioNode[] {
  return (node.children ?? []).map((child) => {
    const read = nodeOf(child);
    if (read === undefined) throw bad(`“${node.name ?? kindOf(node)}” holds something that is not of the format.`);
    return read;
  });
}

/** The time range in a field, undefined when it is null, absent or malformed. */
export function rangeOf(node: OtioNode, field: string): ReadRange | undefined {
  const parsed = rangeSchema.safeParse(node[field]);
  if (!parsed.success) return undefined;
  const { start_time: start, duration } = parsed.data;
  return {
    startSeconds: start.value / start.rate,
    seconds: duration.value / duration.rate,
    startFrames: start.value,
    frames: duration.value,
    rate: duration.rate,
  };
}

/** Seconds of the time in a field; 0 when absent. */
export function secondsOf(node: OtioNode, field: string): number {
  const parsed = timeSchema.safeParse(node[field]);
  return parsed.success ? parsed.data.value / parsed.data.rate : 0;
}

/** Our own part of an object's metadata, undefined when there is none. */
export function ours(node: OtioNode): Readonly<Record<string, unknown>> | undefined {
  const parsed = z.record(z.string(), z.unknown()).safeParse(node.metadata?.picaivid);
  return parsed.success ? parsed.data : undefined;
}

/** The media that a clip shows: the active one of several (`Clip.2`), or the one there is (`Clip.1`). */
export function mediaOf(clip: OtioNode): OtioNode | undefined {
  const single = nodeOf(clip.media_reference);
  if (single !== undefined) return single;
  const several = z.record(z.string(), z.unknown()).safeParse(clip.media_references);
  if (!several.success) return undefined;
  const key = z.string().safeParse(clip.active_media_reference_key);
  return nodeOf(several.data[key.success ? key.data : 'DEFAULT_MEDIA']);
}

/** Names under which a clip's picture may be known, most telling first: file names, then what people see. */
export function mediaNames(clip: OtioNode): string[] {
  const media = mediaOf(clip);
  const names = [media?.target_url, media?.name_prefix, media?.name, clip.name];
  return names.flatMap((name) => {
    if (typeof name !== 'string' || name.trim() === '') return [];
    try {
      return [decodeURIComponent(name)];
    } catch {
      // A percent sign that is only a percent sign.
      return [name];
    }
  });
}

export function bad(sentence: string): PicaividError {
  return new PicaividError('bad_usage', sentence);
}
