# Phase 2 on a Spot GPU machine: ComfyUI with LTX beside the Node worker, both stopped by one SIGTERM.
# docker build -f deploy/docker/worker-gpu.Dockerfile \
#   --build-arg COMFYUI_REPOSITORY=<address> --build-arg COMFYUI_REVISION=<commit> .
FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM nvidia/cuda:12.8.1-cudnn-runtime-ubuntu24.04
# A commit, so that a build can be made again as it was; there is no default on purpose.
ARG COMFYUI_REVISION
ARG COMFYUI_REPOSITORY
RUN test -n "$COMFYUI_REVISION" \
  && apt-get update \
  && apt-get install -y --no-install-recommends ca-certificates ffmpeg git python3 python3-pip python3-venv tini \
  && rm -rf /var/lib/apt/lists/*
COPY --from=install /usr/local/bin/node /usr/local/bin/node
RUN useradd --create-home --uid 10001 picaivid
COPY deploy/docker/install-comfyui.sh /usr/local/bin/install-comfyui
RUN COMFYUI_REPOSITORY="$COMFYUI_REPOSITORY" /usr/local/bin/install-comfyui "$COMFYUI_REVISION" /opt/comfyui
ENV NODE_ENV=production ENVIRONMENT=production NODE_OPTIONS=--enable-source-maps \
  FFMPEG_PATH=/usr/bin/ffmpeg WORKER_TYPE=gpu LTX_ENABLED=true GPU_ENABLED=true \
  COMFYUI_URL=http://127.0.0.1:8188 WORK_DIR=/var/lib/picaivid MODEL_CACHE_DIR=/var/lib/picaivid/models
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json ./
COPY base ./base
COPY models ./models
COPY pipeline ./pipeline
COPY db ./db
COPY main ./main
COPY deploy/docker/gpu-entrypoint.sh /usr/local/bin/gpu-entrypoint
RUN mkdir -p /var/lib/picaivid && chown picaivid:picaivid /var/lib/picaivid
USER picaivid
# Weights are tens of gigabytes: they come with the machine's disk image or a shared volume, never in the image.
VOLUME ["/var/lib/picaivid", "/opt/comfyui/models"]
STOPSIGNAL SIGTERM
ENTRYPOINT ["/usr/bin/tini", "--", "/usr/local/bin/gpu-entrypoint"]
CMD ["node", "main/cli.node.ts", "worker", "--type", "gpu"]
