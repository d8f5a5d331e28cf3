/** The brand's logos: pictures in the studio's home, each under the hash of its bytes. */
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { ListingRow } from '../../db/studio/types.ts';
import type { HostCore } from './core.ts';
import type { StudioHome } from './home.node.ts';

/** In the studio's home. */
export const LOGOS_FOLDER = 'logos';
export const logoPath = (home: Pick<StudioHome, 'dir'>, id: string): string =>
  join(home.dir, LOGOS_FOLDER, `${id}.png`);

/**
 * Where a logo lies that a film of this listing names, fetched from the team where it is not here. Undefined where nobody
 * has it. Errors: `host_unreachable`.
 */
export async function logoOf(
  { home, team }: Pick<HostCore, 'home' | 'team'>,
  row: Pick<ListingRow, 'teamId'>,
  id: string,
): Promise<string | undefined> {
  const path = logoPath(home, id);
  if (!existsSync(path)) await team.bringLogo(row, id);
  return existsSync(path) ? path : undefined;
}
