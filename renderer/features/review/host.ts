/** The host's procedures of review, with errors as the store takes them: what a person can act on, or silence. */
import { api, asked } from '../../api.ts';
import type { ReviewApi } from '../../stores/review-api.ts';
import { rendersHost } from '../renders/host.ts';

export const reviewHost: ReviewApi = {
  get: (id) => asked(api.review.get.query({ id })),
  decide: (id, decision) => asked(api.review.decide.mutate({ id, decision })),
  addNote: (id, note) => asked(api.review.addNote.mutate({ id, note })),
  resolveNote: (id, noteId) => asked(api.review.resolveNote.mutate({ id, noteId })),
  choose: rendersHost.choose,
  again: rendersHost.again,
  render: rendersHost.start,
};
