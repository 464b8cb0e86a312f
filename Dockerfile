# The action's image: one static binary and the usual certificate authorities, nothing else.
ARG RUST=1.95
FROM rust:${RUST}-slim-bookworm AS build
WORKDIR /src
COPY Cargo.toml Cargo.lock ./
COPY .cargo/dist.toml .cargo/
COPY engine engine
COPY src src
COPY templates templates
# Flags stand in dist.toml. Builders that know for which platform the image is say so; for another one than the stage's
# this fails where its standard library is missing, instead of shipping a binary that does not start.
ARG TARGETARCH
RUN case "$TARGETARCH" in \
      amd64) target=x86_64-unknown-linux-gnu ;; \
      arm64) target=aarch64-unknown-linux-gnu ;; \
      *) target=host-tuple ;; \
    esac \
 && cargo build --config .cargo/dist.toml --target "$target" --locked --profile dist --no-default-features --bin drift-detector \
 && cp target/*/dist/drift-detector .

FROM scratch
COPY --from=build /etc/ssl/certs/ca-certificates.crt /etc/ssl/certs/ca-certificates.crt
COPY --from=build /src/drift-detector /drift-detector
# No USER and no WORKDIR: the runner mounts its folders for root and chooses the working directory.
ENTRYPOINT ["/drift-detector"]
