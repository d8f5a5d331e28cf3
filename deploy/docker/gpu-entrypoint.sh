#!/bin/sh
# Starts ComfyUI beside the worker and ends with the worker. SIGTERM goes to the worker first, which gives its clip back;
# ComfyUI is stopped when the worker is gone. A ComfyUI that dies is started again: the worker submits what it lost.
set -u
(
  while :; do
    /opt/comfyui/.venv/bin/python /opt/comfyui/main.py --listen 127.0.0.1 --port 8188 --disable-auto-launch
    echo "ComfyUI ended with $?; starting it again" >&2
    sleep 2
  done
) &
comfyui=$!
"$@" &
worker=$!
trap 'kill -TERM "$worker" 2>/dev/null' TERM INT
wait "$worker"
code=$?
# A trapped signal ends the first wait early: wait for the worker's own end.
while kill -0 "$worker" 2>/dev/null; do
  wait "$worker"
  code=$?
done
kill -TERM "$comfyui" 2>/dev/null
pkill -TERM -f /opt/comfyui/main.py 2>/dev/null
exit "$code"
