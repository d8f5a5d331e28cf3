#!/bin/sh
# Installs ComfyUI at one commit with what LTX needs: install-comfyui <commit> <folder>. Where it comes from is set by
# COMFYUI_REPOSITORY, so that a build behind a mirror needs no change here.
set -eu
revision="$1"
folder="$2"
repository="${COMFYUI_REPOSITORY:?set COMFYUI_REPOSITORY to the address of ComfyUI or its mirror}"
git init --quiet "$folder"
git -C "$folder" fetch --quiet --depth 1 "$repository" "$revision"
git -C "$folder" checkout --quiet FETCH_HEAD
python3 -m venv "$folder/.venv"
"$folder/.venv/bin/pip" install --no-cache-dir --requirement "$folder/requirements.txt"
rm -rf "$folder/.git"
