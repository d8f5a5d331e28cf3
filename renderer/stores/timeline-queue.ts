/**
 * What was done to one listing's film and not acknowledged: sent in order, one at a time, also after another listing
 * was opened, and again and again while the host is silent. The store shows the queue of the open listing.
 */
import { type ErrorData, PicaividError } from '../../base/errors.ts';
import type { EditAnswer, TimelineDocument } from '../../main/host/timeline-contract.ts';
import type { Timeline } from '../../pipeline/domain.ts';
import { sameFilm } from '../../pipeline/timeline/rebase.ts';
import { errorOf } from './listing-document.ts';
import type { TimelineApi } from './timeline-api.ts';
import { acknowledged, bare, type Film, labelOf, replay, type Step, withUnsent } from './timeline-film.ts';

/** Milliseconds before a host that does not answer is asked again: the first wait and the longest. */
const RETRY = { first: 250, longest: 4_000 };

export interface QueueNews {
  readonly saved?: string;
  readonly said?: string;
  readonly offline?: boolean;
  readonly refusal?: { readonly label: string; readonly message: string };
}

export class TimelineQueue {
  readonly listingId: string;
  api: TimelineApi;
  document: TimelineDocument | null = null;
  error: ErrorData | null = null;
  offline = false;
  /** As the host has it; null until it has a film. */
  base: Film | null = null;
  steps: readonly Step[] = [];
  /** The film after each step. */
  films: readonly Film[] = [];
  /** The newest revision that an event told of. */
  heardOf = 0;
  private sending: Step | null = null;
  private pumping = false;
  private readonly tell: (queue: TimelineQueue, news: QueueNews) => void;

  /** `tell` is called after every change, with what is new besides the film. */
  constructor(listingId: string, api: TimelineApi, tell: (queue: TimelineQueue, news: QueueNews) => void) {
    this.listingId = listingId;
    this.api = api;
    this.tell = tell;
  }

  /** The film with everything done; null until there is one. */
  get film(): Film | null {
    return this.films.at(-1) ?? this.base;
  }

  /** Adds a step whose film is known already and starts sending. */
  push(step: Step, film: Film | null): void {
    this.steps = [...this.steps, step];
    if (film !== null) this.films = [...this.films, film];
    this.tell(this, {});
    this.pump();
  }

  /** Takes the newest step back when it was not sent yet: then nothing has to be undone. Null when it was. */
  takeBack(kind: Step['kind']): Step | null {
    const last = this.steps.at(-1);
    const film = this.film;
    if (last === undefined || last === this.sending || last.kind !== kind || film === null) return null;
    this.steps = this.steps.slice(0, -1);
    this.films = this.films.slice(0, -1);
    if (kind === 'edit' && this.film !== null) {
      const kept = withUnsent(this.film, film);
      if (this.films.length === 0) this.base = kept;
      else this.films = this.films.with(-1, kept);
    }
    return last;
  }

  /** Asks for the document; what is pending is laid over it. */
  async refetch(): Promise<void> {
    let document: TimelineDocument;
    try {
      document = await this.api.get(this.listingId);
    } catch (error) {
      if (this.document !== null) return;
      this.error = errorOf(error, 'It is asked again.');
      this.tell(this, {});
      return;
    }
    this.adopt(document);
  }

  adopt(document: TimelineDocument): void {
    // An answer that was under way while a step was acknowledged is older than what is shown.
    if (document.revision < (this.document?.revision ?? 0)) return;
    const known = document.revision === this.document?.revision && this.base !== null;
    this.document = document;
    this.error = null;
    this.heardOf = Math.max(this.heardOf, document.revision);
    if (document.timeline === null) {
      this.base = null;
      this.films = [];
      this.steps = [];
    } else if (this.base?.timeline.status !== document.timeline.status || !(known || this.shows(document.timeline))) {
      const before = this.base === null ? undefined : [this.base, ...this.films];
      this.base = bare(document.timeline);
      this.layAnew(before);
      return;
    }
    this.tell(this, {});
  }

  /** What this window acknowledged is the host's film: nothing is drawn again, and undo stays known. */
  private shows(timeline: Timeline): boolean {
    return this.base !== null && sameFilm(this.base.timeline, timeline);
  }

  /** Lays the steps over the host's film; those that no longer fit are given up and named. */
  private layAnew(before?: readonly Film[], news: QueueNews = {}): void {
    if (this.base === null) {
      this.tell(this, news);
      return;
    }
    const { films, kept, dropped } = replay(this.base, this.steps, before);
    this.films = films;
    this.steps = kept;
    const first = dropped[0];
    this.tell(
      this,
      first === undefined ? news : { ...news, refusal: { label: labelOf(first.step), message: first.message } },
    );
  }

  private pump(): void {
    if (this.pumping) return;
    this.pumping = true;
    void this.drain().finally(() => {
      this.pumping = false;
      if (this.steps.length > 0) this.pump();
    });
  }

  private async drain(): Promise<void> {
    let wait = RETRY.first;
    for (let step = this.steps[0]; step !== undefined; step = this.steps[0]) {
      this.sending = step;
      try {
        const answer = await this.send(step);
        this.sending = null;
        wait = RETRY.first;
        this.offline = false;
        await this.acknowledge(step, answer);
      } catch (error) {
        if (error instanceof PicaividError) {
          this.sending = null;
          this.drop(step, error.message);
          await this.refetch();
          continue;
        }
        // Nobody answered. Whether the step arrived is not known: look, then send again only if it did not.
        this.offline = true;
        this.tell(this, {});
        do {
          await new Promise((resolve) => setTimeout(resolve, wait));
          wait = Math.min(RETRY.longest, wait * 2);
        } while (!(await this.settle(step)));
      }
    }
    this.sending = null;
    if (this.heardOf > (this.document?.revision ?? 0)) await this.refetch();
  }

  private send(step: Step): Promise<EditAnswer | null> {
    const { api, listingId } = this;
    switch (step.kind) {
      case 'edit':
        return api.edit(listingId, this.document?.revision ?? 0, step.label, step.edit);
      case 'undo':
        return api.undo(listingId);
      case 'redo':
        return api.redo(listingId);
      case 'apply':
        return api.apply(listingId, step.proposal.id, step.label);
      case 'ask':
        return step.send(api, listingId);
    }
  }

  private async acknowledge(step: Step, answer: EditAnswer | null): Promise<void> {
    const expected = this.films[0] ?? null;
    const { base, document } = this;
    /** The films that the steps behind this one were made on. */
    const before = this.films;
    this.forget(step);
    if (answer === null || base === null || document === null) {
      // The host had nothing to undo: it has the last word.
      this.layAnew();
      await this.refetch();
      return;
    }
    const did = step.kind === 'undo' ? 'Undone: ' : step.kind === 'redo' ? 'Done again: ' : '';
    const news: QueueNews = {
      saved: did + answer.label,
      offline: false,
      ...(step.kind === 'ask' || ('target' in step && step.target === null) ? { said: did + answer.label } : {}),
    };
    if (answer.revision !== document.revision + 1) {
      // Somebody acted in between: what this answer did lies on a film that is not known here.
      this.layAnew(before, news);
      this.heardOf = Math.max(this.heardOf, answer.revision);
      await this.refetch();
      return;
    }
    const { revision, undo, redo, settings } = answer;
    try {
      this.base = acknowledged(base, expected, step, answer);
    } catch {
      this.layAnew(undefined, news);
      await this.refetch();
      return;
    }
    this.heardOf = Math.max(this.heardOf, revision);
    this.document = { ...document, revision, undo, redo, settings, timeline: this.base.timeline };
    if (this.base === expected) this.tell(this, news);
    else this.layAnew(before, news);
    // Music, beats of the track and what is stale may have changed with it.
    if (settings.musicId !== document.settings.musicId || step.kind === 'apply') await this.refetch();
  }

  private forget(step: Step): void {
    const at = this.steps.indexOf(step);
    if (at < 0) return;
    this.steps = this.steps.filter((one) => one !== step);
    this.films = this.films.filter((_, i) => i !== at);
  }

  /** A step that arrived: what follows lies on the film with it. */
  private take(step: Step): void {
    const [first] = this.films;
    if (first !== undefined) this.base = first;
    this.forget(step);
  }

  private drop(step: Step, message: string): void {
    const before = this.films;
    this.forget(step);
    this.layAnew(before, { refusal: { label: labelOf(step), message } });
  }

  /** After silence: takes a step that did arrive as acknowledged, from what the host has now. False: still silent. */
  private async settle(step: Step): Promise<boolean> {
    try {
      const before = this.document?.revision ?? 0;
      const document = await this.api.get(this.listingId);
      const arrived = document.revision > before && (await this.arrived(step, document.revision - before));
      this.offline = false;
      this.sending = null;
      if (arrived) this.take(step);
      this.adopt(document);
      return true;
    } catch {
      return false;
    }
  }

  /** Whether one of the newest `count` changes is this step. Undo and redo are never sent twice. */
  private async arrived(step: Step, count: number): Promise<boolean> {
    if (step.kind === 'undo' || step.kind === 'redo') return true;
    const history = await this.api.history(this.listingId);
    return history.slice(0, count).some((entry) => entry.label === labelOf(step));
  }
}
