"""What the official OpenTimelineIO library understands of an .otio file, as JSON, for pipeline/timeline/otio-library.test.ts.

    python otio_facts.py IN.otio OUT.otio

OUT is the file as the library writes it again. All times are frames. Tried with OpenTimelineIO 0.18.1.
"""

import json
import sys

import opentimelineio as otio


def frames(time):
    return time.value


def main():
    timeline = otio.adapters.read_from_file(sys.argv[1])
    tracks = []
    for track in timeline.tracks:
        children = []
        for child in track:
            place = track.range_of_child(child)
            fact = {
                "kind": child.schema_name(),
                "name": child.name,
                "start": frames(place.start_time),
                "frames": frames(place.duration),
            }
            if isinstance(child, otio.schema.Clip):
                reference = child.media_reference
                fact["source"] = frames(child.source_range.start_time)
                fact["media"] = getattr(reference, "target_url", None)
                available = reference.available_range
                visible = child.visible_range()
                fact["inside"] = available is None or (
                    visible.start_time >= available.start_time
                    and visible.end_time_exclusive() <= available.end_time_exclusive()
                )
            if isinstance(child, otio.schema.Transition):
                fact["type"] = child.transition_type
                fact["before"] = frames(child.in_offset)
                fact["after"] = frames(child.out_offset)
            children.append(fact)
        tracks.append({"kind": track.kind, "name": track.name, "children": children})
    markers = [
        {"name": marker.name, "frame": frames(marker.marked_range.start_time), "color": marker.color}
        for marker in timeline.tracks.markers
    ]
    duration = timeline.duration()
    otio.adapters.write_to_file(timeline, sys.argv[2])
    print(
        json.dumps(
            {
                "library": otio.__version__,
                "name": timeline.name,
                "rate": duration.rate,
                "frames": frames(duration),
                "tracks": tracks,
                "markers": markers,
            }
        )
    )


if __name__ == "__main__":
    main()
