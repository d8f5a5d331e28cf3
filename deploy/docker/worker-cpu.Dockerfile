# Phases 1, 3 and 4: analysis, timeline, assembly. docker build -f deploy/docker/worker-cpu.Dockerfile .
FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
RUN apt-get update \
  && apt-get install -y --no-install-recommends ffmpeg colmap \
  && rm -rf /var/lib/apt/lists/*
ENV NODE_ENV=production ENVIRONMENT=production NODE_OPTIONS=--enable-source-maps \
  FFMPEG_PATH=/usr/bin/ffmpeg COLMAP_PATH=/usr/bin/colmap \
  WORK_DIR=/var/lib/picaivid MODEL_CACHE_DIR=/var/lib/picaivid/models
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json ./
COPY base ./base
COPY models ./models
COPY pipeline ./pipeline
COPY db ./db
COPY main ./main
RUN mkdir -p /var/lib/picaivid && chown node:node /var/lib/picaivid
USER node
VOLUME /var/lib/picaivid
STOPSIGNAL SIGTERM
CMD ["node", "main/cli.node.ts", "worker", "--type", "cpu"]
