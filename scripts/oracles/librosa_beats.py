"""What librosa's beat_track makes of sound files: one JSON document with beats, tempo and seconds for each file.

    python3 scripts/oracles/librosa_beats.py FILE...

Run by hand and by `bench beats` where Python has librosa. Time is that of beat_track alone, samples already decoded at
22,050 Hz, after one warm-up that lets numba compile. Exit code 3: librosa is not there.
"""
import json
import sys
import time

try:
    import librosa
except ImportError:
    sys.exit(3)


def main(files):
    librosa.beat.beat_track(y=librosa.clicks(times=[i * 0.5 for i in range(16)], sr=22050), sr=22050)
    results = []
    for file in files:
        samples, rate = librosa.load(file, sr=22050, mono=True)
        start = time.perf_counter()
        tempo, beats = librosa.beat.beat_track(y=samples, sr=rate, units="time")
        seconds = time.perf_counter() - start
        results.append({"file": file, "bpm": float(tempo[0] if hasattr(tempo, "__len__") else tempo),
                        "beats": [float(beat) for beat in beats], "seconds": seconds})
    json.dump({"librosa": librosa.__version__, "results": results}, sys.stdout)


main(sys.argv[1:])
