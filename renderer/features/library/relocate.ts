/** A listing whose folder moved: where it is now. */
import type {} from '../../../main/desktop/bridge.ts'; // window.studio
import { errorOf } from '../../api.ts';
import { relocateListing } from '../../stores/listings.ts';
import { toast } from '../../stores/toasts.ts';
import { useAdding } from './add.ts';

export async function locateFolder(id: string): Promise<void> {
  if (window.studio === undefined) {
    useAdding.setState({ choosing: { relocate: id } });
    return;
  }
  const [folder] = await window.studio.chooseFolders();
  if (folder !== undefined) await moveTo(id, folder);
}

export async function moveTo(id: string, folder: string): Promise<void> {
  try {
    await relocateListing(id, folder);
    toast({ tone: 'pass', title: 'Folder found; photos are read from there now' });
  } catch (error) {
    toast({ tone: 'fail', title: 'The photos are not read from there', detail: errorOf(error).message });
  }
}
