/** What a film is made from, before and after a person chose something. Pure. */
import type { TemplateName } from '../../pipeline/domain.ts';
import { TEMPLATES } from '../../pipeline/timeline/templates.ts';
import { type FilmSettings, type FrameShape, filmSettingsSchema } from './timeline-contract.ts';

/** The studio's piece that goes with a style, by the beginning of its file's name. */
export const STUDIO_PIECE: Readonly<Record<TemplateName, string>> = {
  classic: 'morning_light',
  luxury: 'garden_waltz',
  energetic: 'city_rush',
  walkthrough: 'morning_light',
  social_vertical: 'city_rush',
};

/** The frame that a style was made for. */
export function frameOf(template: TemplateName): FrameShape {
  const { width, height } = TEMPLATES[template];
  return width === height ? '1:1' : width > height ? '16:9' : '9:16';
}

/** Settings of a film that nobody chose anything for yet. */
export function firstSettings(template: TemplateName, targetSeconds: number, musicId: string | null): FilmSettings {
  return filmSettingsSchema.parse({ template, targetSeconds, frame: frameOf(template), musicId });
}

/** Stored settings; what this version does not know falls back to what a new film would have. */
export function readSettingsOf(stored: unknown, fallback: FilmSettings): FilmSettings {
  const whole = filmSettingsSchema.safeParse(stored);
  if (whole.success) return whole.data;
  const usable = Object.entries(typeof stored === 'object' && stored !== null ? stored : {}).filter(
    ([name, value]) => filmSettingsSchema.partial().safeParse({ [name]: value }).success,
  );
  return filmSettingsSchema.parse({ ...fallback, ...Object.fromEntries(usable) });
}
