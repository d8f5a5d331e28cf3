/**
 * What a screen asks the host about the open listing, in order: an answer to a listing that was left, or an older one
 * than what is shown, is dropped, and many events ask once.
 */
import { type ErrorData, PicaividError } from '../../base/errors.ts';

/** Milliseconds that events are gathered before the document is asked for again. */
const GATHER_MS = 120;

/** A change that nobody answered may have been made. */
const UNSURE = 'When it is back, what it kept is shown; look before you do it again.';

/** How a call ended. `here`: the listing that it was for is still open. */
export type Outcome =
  | { readonly done: true; readonly here: boolean }
  | { readonly done: false; readonly here: boolean; readonly error: ErrorData };

export interface Questions<Api, Answer> {
  readonly get: (api: Api, listingId: string) => Promise<Answer>;
  /** Takes an answer that is news. */
  readonly adopt: (answer: Answer) => void;
  /** The document could not be had. Anything but a PicaividError is silence. */
  readonly failed: (error: unknown) => void;
}

/** A listing as it was open at one time. */
export interface Opening<Api> {
  readonly api: Api;
  readonly listingId: string;
  readonly opening: number;
}

export class ListingDocument<Api, Answer> {
  /** The host's procedures, once a listing was opened. */
  api: Api | null = null;
  private readonly questions: Questions<Api, Answer>;
  private listingId = '';
  /** Counts openings: an answer to an earlier one is dropped. */
  private opening = 0;
  /** Count questions and answers: an answer that is older than another one is dropped. */
  private asked = 0;
  private answered = 0;
  private timer: ReturnType<typeof setTimeout> | undefined;

  constructor(questions: Questions<Api, Answer>) {
    this.questions = questions;
  }

  /** Begins with a listing. False where it was the open one already. */
  open(listingId: string, api: Api): boolean {
    this.api = api;
    if (this.listingId === listingId) return false;
    this.listingId = listingId;
    this.opening += 1;
    return true;
  }

  /** Asks for the document. */
  async refetch(): Promise<void> {
    const { api, listingId } = this;
    if (api === null || listingId === '') return;
    const mine = this.opening;
    const question = this.count();
    try {
      const answer = await this.questions.get(api, listingId);
      if (mine === this.opening) this.take(answer, question);
    } catch (error) {
      if (mine === this.opening) this.questions.failed(error);
    }
  }

  /** Asks for the document when `waitMs` have passed since the first of several calls: a stream of them must not put it off. */
  refetchSoon(waitMs = GATHER_MS): void {
    if (this.timer !== undefined) return;
    this.timer = setTimeout(() => {
      this.timer = undefined;
      void this.refetch();
    }, waitMs);
  }

  /** The listing that is open now, for a change of it that is sent later. */
  here(): Opening<Api> | null {
    const { api, listingId, opening } = this;
    return api === null || listingId === '' ? null : { api, listingId, opening };
  }

  /** Asks for a change and takes what the host answers; null asks for the document afterwards. */
  async change(
    call: (api: Api, listingId: string) => Promise<Answer | null>,
    where: Opening<Api> | null = this.here(),
  ): Promise<Outcome> {
    const here = (): boolean => where?.opening === this.opening;
    try {
      if (where === null) throw new PicaividError('internal', 'No listing is open.');
      const question = this.count();
      const answer = await call(where.api, where.listingId);
      if (here() && answer !== null) this.take(answer, question);
      else if (here()) await this.refetch();
      return { done: true, here: here() };
    } catch (error) {
      return { done: false, here: here(), error: errorOf(error, UNSURE) };
    }
  }

  private count(): number {
    this.asked += 1;
    return this.asked;
  }

  private take(answer: Answer, question: number): void {
    if (question < this.answered) return;
    this.answered = question;
    this.questions.adopt(answer);
  }
}

/** An error to show: of the closed set as it is, anything else as silence, with `then` for what to do about it. */
export function errorOf(error: unknown, then = 'Try again in a moment.'): ErrorData {
  return error instanceof PicaividError
    ? error.toJSON()
    : { code: 'host_unreachable', message: `The studio does not answer. ${then}` };
}
