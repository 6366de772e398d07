# syntax=docker/dockerfile:1

FROM node:24-trixie-slim AS build
WORKDIR /build
COPY package.json package-lock.json .npmrc ./
RUN --mount=type=cache,target=/root/.npm npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
COPY plugins ./plugins
# The embedded Waldur and the emulators are for trying things and for tests.
RUN npm run build && rm -r dist/src/sandbox dist/plugins/*/emulator && npm prune --omit=dev --ignore-scripts

FROM gcr.io/distroless/nodejs24-debian13:nonroot
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="waldur-storage-agent" \
      org.opencontainers.image.description="Turns Waldur marketplace orders into storage accounts with quotas, and reports their usage" \
      org.opencontainers.image.licenses="MIT" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    NODE_OPTIONS="--max-old-space-size=512 --max-semi-space-size=4 --v8-pool-size=1" \
    WALDUR_AGENT_REVISION=${REVISION}
WORKDIR /app
# Owned by root: the agent cannot change its own code.
COPY --from=build --chown=0:0 /build/package.json ./
COPY --from=build --chown=0:0 /build/node_modules ./node_modules
COPY --from=build --chown=0:0 /build/dist ./dist
COPY --chown=0:0 LICENSE ./
USER 65532:65532
# /metrics, /healthz and /readyz; seen from outside the container with `listen: 0.0.0.0:9464` in the configuration.
EXPOSE 9464
HEALTHCHECK --interval=30s --timeout=5s --start-period=30s CMD ["/nodejs/bin/node", "/app/dist/src/cli/main.js", "healthcheck"]
# The image's entry point is node. Run with --read-only --cap-drop=ALL --security-opt=no-new-privileges and the
# configuration mounted at /etc/waldur-storage-agent.
CMD ["/app/dist/src/cli/main.js", "run"]
