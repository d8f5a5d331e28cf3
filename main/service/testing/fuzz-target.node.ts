/** A service with something in it, for requests by a seed. */
import { newId } from '../../../db/id.node.ts';
import { openApiDocument } from '../openapi.ts';
import { type FuzzReport, fuzz } from './fuzz.node.ts';
import { clipToRender, makeListing, makeTeam, startTestService } from './service.node.ts';

/** Starts a service on this empty database and asks it so many requests. */
export async function fuzzService(databaseUrl: string, seed: number, requests: number): Promise<FuzzReport> {
  const service = await startTestService(databaseUrl);
  try {
    const team = await makeTeam(service.database, 'Fuzzed');
    const editor = team.keys.editor.key;
    const listings = [await makeListing(service, editor), await makeListing(service, editor, 'Küche 🏠')];
    const sha256 = ['a', 'b', 'c'].map((one) => one.repeat(64));
    for (const one of sha256) await service.parts.blobs.add(team.id, { sha256: one, bytes: 1000 });
    const rendered = await service.ask(editor, 'POST', '/fleet/render', {
      listingId: listings[0],
      clips: sha256.map((one, n) => clipToRender(one, `clip-${n}`)),
    });
    const { tasks } = (await rendered.json()) as { tasks: { id: string }[] };
    const made = await service.ask(team.keys.admin.key, 'POST', '/internal/jobs', { listing_id: 7, photos: ['https://photos.example.com/1.jpg'] }); // biome-ignore format: one call
    const job = (await made.json()) as { job_id: string };
    return await fuzz({
      url: service.url,
      document: openApiDocument(service.service.app, 'test'),
      keys: [team.keys.admin.key, team.keys.admin.key, team.keys.admin.key, team.keys.editor.key, team.keys.worker.key],
      known: { uuid: [...listings, job.job_id, ...tasks.map(({ id }) => id), newId()], sha256 },
      seed,
      requests,
    });
  } finally {
    await service.close();
  }
}
