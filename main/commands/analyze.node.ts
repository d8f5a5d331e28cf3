import { homedir } from 'node:os';
import { join } from 'node:path';
import { sha256Text } from '../../base/files.node.ts';
import { openModels } from '../../models/open.node.ts';
import type { ModelSet } from '../../models/types.ts';
import { analysisToJson, analyze } from '../../pipeline/analyze/analyze.node.ts';
import { NO_DECISIONS } from '../../pipeline/domain.ts';
import type { CommandResult } from '../cli.node.ts';
import { fromCaller, requireFolder } from '../paths.node.ts';
import type { CommandContext } from './context.ts';

/** Where `analyze` without `--work` keeps what it computed, by folder. */
function cacheDir(folder: string): string {
  const base = process.env.XDG_CACHE_HOME ?? join(homedir(), '.cache');
  return join(base, 'picaivid', 'analysis', sha256Text(folder).slice(0, 16));
}

/** `analyze <folder>`. */
export async function analyzeCommand(
  folder: string,
  options: { work?: string; models: ModelSet | 'auto' },
  { settings, onProgress, signal }: CommandContext,
): Promise<CommandResult> {
  const path = fromCaller(folder);
  await requireFolder(path);
  const models = await openModels({ set: options.models, signal });
  try {
    const workDir = options.work === undefined ? cacheDir(path) : join(fromCaller(options.work), 'analysis');
    const analysis = await analyze({ folder: path, decisions: NO_DECISIONS }, models, {
      workDir,
      ltxEnabled: settings.LTX_ENABLED,
      ...(settings.COLMAP_PATH === undefined ? {} : { colmapPath: settings.COLMAP_PATH }),
      onProgress,
      signal,
    });
    const fileOf = new Map(analysis.photos.map((photo) => [photo.id, photo.file]));
    const lines = analysis.clusters.flatMap((cluster) => [
      `${cluster.roomType.replaceAll('_', ' ')} (${cluster.confidenceTier}, ${cluster.imageCount} ${cluster.imageCount === 1 ? 'photo' : 'photos'})`,
      ...cluster.shots.map(
        (shot) =>
          `    ${shot.recommendedMotion.replaceAll('_', ' ')} ${shot.recommendedDurationSeconds.toFixed(1)} s, ${shot.tier}: ${fileOf.get(shot.photoId) ?? ''}\n      ${shot.reason}`,
      ),
    ]);
    const rejected = analysis.rejected.map((file) => `not used: ${file.file}: ${file.message}`);
    const used = Object.entries(analysis.models).map(([role, name]) => `${role}: ${name}`);
    return { json: analysisToJson(analysis), text: [...lines, ...rejected, '', ...used].join('\n') };
  } finally {
    await models.close();
  }
}
