/** Sends the file of a voice-over. */
import { PicaividError } from '../../../base/errors.ts';
import { type VoiceOver, voiceOverSchema } from '../../../main/host/review-contract.ts';
import { errorDataOf, errorOf } from '../../api.ts';

/** What the studio heard in the file. Throws a PicaividError whose message is a sentence. */
export async function sendVoice(file: File): Promise<VoiceOver> {
  let answer: Response;
  try {
    answer = await fetch(`/api/voice?name=${encodeURIComponent(file.name)}`, { method: 'POST', body: file });
  } catch (error) {
    const { code, message } = errorOf(error);
    throw new PicaividError(code, message);
  }
  const body: unknown = await answer.json().catch(() => null);
  const taken = voiceOverSchema.safeParse(body);
  if (answer.ok && taken.success) return taken.data;
  const refused = errorDataOf(body);
  throw new PicaividError(
    refused?.code ?? 'internal',
    refused?.message ?? `${file.name} was not taken (the studio answered ${answer.status}).`,
  );
}
