# The service: API, sync, metrics. Built from the repository's root: docker build -f deploy/docker/api.Dockerfile .
FROM node:24-bookworm-slim AS install
WORKDIR /app
COPY package.json package-lock.json ./
# The runtime of the image is the project's own major version; nothing that opens a window is needed.
RUN npm ci --omit=dev --ignore-scripts --no-audit --no-fund

FROM node:24-bookworm-slim
ENV NODE_ENV=production ENVIRONMENT=production NODE_OPTIONS=--enable-source-maps
WORKDIR /app
COPY --from=install /app/node_modules ./node_modules
COPY package.json ./
COPY base ./base
COPY models ./models
COPY pipeline ./pipeline
COPY db ./db
COPY main ./main
USER node
EXPOSE 8080
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=15s --timeout=5s --start-period=20s CMD ["node", "-e", "fetch('http://127.0.0.1:8080/health').then((answer) => process.exit(answer.ok ? 0 : 1), () => process.exit(1))"]
CMD ["node", "main/cli.node.ts", "service", "--host", "0.0.0.0", "--port", "8080"]
