"""Opens an .otio file with the official OpenTimelineIO library and prints what it understands of it.

Run by hand; no test needs Python:
    python3 -m venv VENV && VENV/bin/pip install opentimelineio
    VENV/bin/python scripts/oracles/otio_check.py film.otio [expected frames of the film]

Exit code 1 when the library finds another length than expected, a clip outside its media, or a transition that does
not lie on a cut. Tried with OpenTimelineIO 0.18.1.
"""

import sys

import opentimelineio as otio


def main() -> int:
    path = sys.argv[1]
    expected = int(sys.argv[2]) if len(sys.argv) > 2 else None
    timeline = otio.adapters.read_from_file(path)
    problems = []
    total = timeline.duration().value
    print(f"{timeline.name}: {total:g} frames at {timeline.duration().rate:g}")
    if expected is not None and total != expected:
        problems.append(f"{total:g} frames instead of {expected}")
    for track in timeline.tracks:
        clips = list(track.find_clips())
        print(f"{track.kind} track {track.name}: {len(clips)} clips, {track.duration().value:g} frames")
        for clip in clips:
            place = clip.range_in_parent()
            handles = clip.trimmed_range_in_parent(), clip.visible_range()
            reference = clip.media_reference
            print(
                f"  {clip.name}: film {place.start_time.value:g}+{place.duration.value:g}, "
                f"source {clip.source_range.start_time.value:g}, with handles {handles[1].duration.value:g}, "
                f"{type(reference).__name__}"
            )
            available = reference.available_range
            visible = clip.visible_range()
            if available is not None and track.kind == otio.schema.TrackKind.Video:
                if visible.start_time < available.start_time or visible.end_time_exclusive() > available.end_time_exclusive():
                    problems.append(f"{clip.name}: shows {visible} of {available}")
        for child in track:
            if isinstance(child, otio.schema.Transition):
                place = track.range_of_child(child)
                print(f"  transition {child.name}: {place.start_time.value:g}+{place.duration.value:g}")
                if place.start_time.value < 0:
                    problems.append(f"transition {child.name} begins before the film")
    print(f"{len(timeline.tracks.markers)} markers, {sum(m.name == 'downbeat' for m in timeline.tracks.markers)} downbeats")
    written = otio.adapters.write_to_string(timeline, "otio_json")
    again = otio.adapters.read_from_string(written, "otio_json")
    if not again.is_equivalent_to(timeline):
        problems.append("does not survive writing and reading by the library")
    for problem in problems:
        print(f"PROBLEM: {problem}")
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main())
