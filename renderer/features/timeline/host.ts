/** The host's procedures of films, with errors as the store takes them: what a person can act on, or silence. */
import { api, asked } from '../../api.ts';
import type { TimelineApi } from '../../stores/timeline.ts';

const films = api.timeline;

export const timelineHost: TimelineApi = {
  get: (id) => asked(films.get.query({ id })),
  build: (id, settings) => asked(films.build.mutate({ id, settings })),
  propose: (id, settings) => asked(films.propose.mutate({ id, settings })),
  apply: (id, proposalId, label) => asked(films.accept.mutate({ id, proposalId, label })),
  edit: (id, revision, label, edit) => asked(films.edit.mutate({ id, revision, label, edit })),
  undo: (id) => asked(films.undo.mutate({ id })),
  redo: (id) => asked(films.redo.mutate({ id })),
  history: (id) => asked(films.history.query({ id })),
  setStatus: (id, status) => asked(films.setStatus.mutate({ id, status })),
  versions: (id) => asked(films.versions.query({ id })),
  saveVersion: (id, name) => asked(films.saveVersion.mutate({ id, name })),
  renameVersion: (id, versionId, name) => asked(films.renameVersion.mutate({ id, versionId, name })),
  version: (id, versionId) => asked(films.version.query({ id, versionId })),
  restoreVersion: (id, versionId) => asked(films.restoreVersion.mutate({ id, versionId })),
  importOtio: (id, otio) => asked(films.importOtio.mutate({ id, otio })),
  mix: (id) => asked(films.mix.query({ id })),
  music: {
    list: () => asked(api.music.list.query()),
    add: (paths) => asked(api.music.add.mutate({ paths: [...paths] })),
    remove: (id) => asked(api.music.remove.mutate({ id })),
  },
};
