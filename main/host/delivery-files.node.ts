/** Delivered films by ids: `/delivery/<delivery id>/<file>`, only what the delivery names. */
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import type { Handler } from 'hono';
import { DeliveryStore } from '../../db/studio/deliveries.node.ts';
import type { HostCore } from './core.ts';
import { failed, notThere, send } from './media.node.ts';

const POSTER = 'poster.jpg';

export function deliveredHandler({ database }: Pick<HostCore, 'database'>): Handler {
  const store = new DeliveryStore(database);
  return async (c) => {
    try {
      const row = await store.get(c.req.param('delivery') ?? '');
      const asked = c.req.param('file') ?? '';
      // A name of the delivery's own list: no part of an address becomes a path.
      const name = [POSTER, ...(row?.films.map((film) => film.name) ?? [])].find((one) => one === asked);
      if (row === undefined || name === undefined) return notThere(c, 'This delivery has no such file.');
      const path = join(row.folder, name);
      const info = await stat(path, { bigint: true }).catch(() => undefined);
      if (info === undefined) return notThere(c, 'This file is not in the delivery folder (any more).');
      const etag = `"${info.size.toString(36)}-${info.mtimeNs.toString(36)}"`;
      const type = name === POSTER ? 'image/jpeg' : 'video/mp4';
      return await send(c, { path, type, etag, immutable: false });
    } catch (error) {
      return failed(c, error);
    }
  };
}
